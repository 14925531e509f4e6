CREATE TABLE hotel (id bigint PRIMARY KEY, name text NOT NULL);

CREATE TABLE room (
    id bigint PRIMARY KEY,
    hotel_id bigint NOT NULL REFERENCES hotel,
    label text NOT NULL,
    UNIQUE (hotel_id, label)
);

CREATE TABLE booking (
    id bigint PRIMARY KEY,
    room_id bigint NOT NULL REFERENCES room,
    guest text NOT NULL,
    arrives_on date NOT NULL
);
CREATE INDEX booking_room_idx ON booking (room_id, arrives_on);
