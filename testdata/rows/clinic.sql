-- tenant app.clinic_id=1
-- tenant app.clinic_id=2
INSERT INTO clinic (id, name) VALUES
    (1, 'name a'),
    (2, 'name b');
INSERT INTO patient (id, clinic_id, name) VALUES
    (1, 1, 'name a'),
    (2, 2, 'name b');
INSERT INTO appointment (id, clinic_id, patient_id, starts_at) VALUES
    (1, 1, 1, '2026-05-05'),
    (2, 2, 2, '2026-05-05');
