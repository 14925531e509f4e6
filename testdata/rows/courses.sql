-- tenant app.school_id=1
-- tenant app.school_id=2
INSERT INTO schools (id, name) VALUES
    (1, 'name a'),
    (2, 'name b');
INSERT INTO courses (id, school_id, title, starts_on) VALUES
    (1, 1, 'title a', '2026-05-05'),
    (2, 2, 'title b', '2026-05-05');
INSERT INTO enrolments (id, course_id, student) VALUES
    (1, 1, 'student a'),
    (2, 2, 'student b');
