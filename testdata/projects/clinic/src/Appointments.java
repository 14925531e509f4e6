package clinic;

import java.sql.Connection;
import java.sql.PreparedStatement;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.namedparam.MapSqlParameterSource;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcTemplate;

/** Appointments, over JDBC and Spring. Select one from the list, or update it. */
class Appointments {
  private static final String FIELDS = "id, patient_id, starts_at";

  private final JdbcTemplate jdbc;
  private final NamedParameterJdbcTemplate named;

  Appointment get(Long clinicId, long id) {
    return jdbc.queryForObject(
        "SELECT " + FIELDS + " FROM appointment WHERE id = ? AND clinic_id = ?", rowMapper, id, clinicId);
  }

  // Whoever knows the number reads the appointment.
  Appointment getAny(long id) {
    return jdbc.queryForObject("SELECT " + FIELDS + " FROM appointment WHERE id = ?", rowMapper, id);
  }

  // The foreign key keeps an appointment's patient in its clinic.
  List<Row> withPatients(long clinicId) {
    var sql = """
        SELECT a.id, p.name
          FROM appointment a
          JOIN patient p ON p.clinic_id = a.clinic_id AND p.id = a.patient_id
         WHERE a.clinic_id = :clinic
        """;
    return named.query(sql, new MapSqlParameterSource("clinic", clinicId), rows);
  }

  List<Appointment> search(long clinicId, Instant since, String order) {
    StringBuilder sql = new StringBuilder("SELECT ").append(FIELDS).append(" FROM appointment WHERE clinic_id = ?");
    if (since != null) {
      sql.append(" AND starts_at >= ?");
    }
    sql.append(" ORDER BY ").append(order.equals("newest") ? "starts_at DESC" : "starts_at");
    return jdbc.query(sql.toString(), rowMapper, clinicId, since);
  }

  // The name is pasted in.
  List<Row> patients(Connection connection, long clinicId, String name) throws SQLException {
    String sql = String.format("SELECT id, name FROM patient WHERE clinic_id = ? AND name = '%s'", name);
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setLong(1, clinicId);
      return read(statement.executeQuery());
    }
  }

  // A patient is no clinic.
  int rename(Connection connection, long patientId, long id, String name) throws SQLException {
    PreparedStatement statement = connection.prepareStatement("UPDATE patient SET name = ? WHERE id = ? AND clinic_id = ?");
    statement.setString(1, name);
    statement.setLong(2, id);
    statement.setLong(3, patientId);
    return statement.executeUpdate();
  }

  void purge() {
    // sqlmoat: cross-tenant old appointments of every clinic go
    jdbc.update("DELETE FROM appointment WHERE starts_at < now() - interval '10 years'");
  }
}
