CREATE TABLE org (id uuid PRIMARY KEY);
CREATE TABLE message (
    id bigint PRIMARY KEY,
    org_id uuid NOT NULL REFERENCES org (id),
    sender_id bigint NOT NULL,
    receiver_id bigint NOT NULL,
    sent_at timestamptz NOT NULL,
    subject text NOT NULL
);
CREATE INDEX message_sender_id_idx ON message (sender_id);
