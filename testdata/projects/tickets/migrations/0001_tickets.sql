CREATE TABLE organization (id bigint PRIMARY KEY, name text NOT NULL);

CREATE TABLE ticket (
    id bigint PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES organization,
    subject text NOT NULL,
    status text NOT NULL,
    opened_at timestamptz NOT NULL
);
CREATE INDEX ticket_status_idx ON ticket (organization_id, status, opened_at);
CREATE INDEX ticket_opened_idx ON ticket (organization_id, opened_at);

CREATE TABLE reply (
    id bigint PRIMARY KEY,
    ticket_id bigint NOT NULL REFERENCES ticket,
    body text NOT NULL
);
CREATE INDEX reply_ticket_idx ON reply (ticket_id);
