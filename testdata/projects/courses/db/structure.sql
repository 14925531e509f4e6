CREATE TABLE schools (id bigint PRIMARY KEY, name text NOT NULL);

CREATE TABLE courses (
    id bigint PRIMARY KEY,
    school_id bigint NOT NULL REFERENCES schools,
    title text NOT NULL,
    starts_on date NOT NULL
);
CREATE INDEX courses_title_idx ON courses (school_id, title);
CREATE INDEX courses_starts_idx ON courses (school_id, starts_on);

CREATE TABLE enrolments (
    id bigint PRIMARY KEY,
    course_id bigint NOT NULL REFERENCES courses,
    student text NOT NULL
);
CREATE INDEX enrolments_course_idx ON enrolments (course_id);
