-- tenant app.hotel_id=1
-- tenant app.hotel_id=2
INSERT INTO hotel (id, name) VALUES
    (1, 'name a'),
    (2, 'name b');
INSERT INTO room (id, hotel_id, label) VALUES
    (1, 1, 'label a'),
    (2, 2, 'label b');
INSERT INTO booking (id, room_id, guest, arrives_on) VALUES
    (1, 1, 'guest a', '2026-05-05'),
    (2, 2, 'guest b', '2026-05-05');
