CREATE TABLE clinic (id bigint PRIMARY KEY, name text NOT NULL);

CREATE TABLE patient (
    id bigint PRIMARY KEY,
    clinic_id bigint NOT NULL REFERENCES clinic,
    name text NOT NULL,
    UNIQUE (clinic_id, id)
);
CREATE INDEX patient_name_idx ON patient (clinic_id, name);

CREATE TABLE appointment (
    id bigint PRIMARY KEY,
    clinic_id bigint NOT NULL REFERENCES clinic,
    patient_id bigint NOT NULL,
    starts_at timestamptz NOT NULL,
    note text,
    FOREIGN KEY (clinic_id, patient_id) REFERENCES patient (clinic_id, id)
);
CREATE INDEX appointment_patient_idx ON appointment (clinic_id, patient_id);
CREATE INDEX appointment_starts_idx ON appointment (clinic_id, starts_at);
