# Courses, over ActiveRecord and pg.
class Courses
  COLUMNS = "id, title, starts_on".freeze

  def named(school_id, title)
    Course.find_by_sql(["SELECT * FROM courses WHERE school_id = ? AND title = ?", school_id, title])
  end

  # Whoever knows the number reads the course.
  def any(id)
    @connection.exec_params("SELECT #{COLUMNS} FROM courses WHERE id = $1", [id]).first
  end

  # Enrolments belong to the school of their course.
  def enrolments(school, course_id)
    sql = <<~SQL.squish
      SELECT e.id, e.student
        FROM enrolments e JOIN courses c ON c.id = e.course_id
       WHERE c.school_id = $1 AND e.course_id = $2
    SQL
    @connection.exec_params(sql, [school.id, course_id])
  end

  def upcoming(school_id, since: nil, newest: false)
    sql = +"SELECT #{COLUMNS} FROM courses WHERE school_id = $1"
    sql << " AND starts_on >= $2" if since
    sql << " ORDER BY #{newest ? 'starts_on DESC' : 'starts_on'}"
    @connection.exec_params(sql, [school_id, since].compact)
  end

  # The title is pasted in.
  def search(school_id, title)
    Course.connection.select_all("SELECT id, title FROM courses WHERE school_id = #{school_id.to_i} AND title = '#{title}'")
  end

  # Quoted, so that it is one value.
  def quoted(school_id, title)
    name = Course.connection.quote(title)
    Course.connection.select_all("SELECT id, title FROM courses WHERE school_id = #{school_id.to_i} AND title = #{name}")
  end

  def purge
    # sqlmoat: cross-tenant old courses of every school go
    @connection.exec("DELETE FROM courses WHERE starts_on < now() - interval '10 years'")
  end

  def hint
    "Select a course from the list, or update your plan"
  end
end
