CREATE TABLE org (id uuid PRIMARY KEY);
CREATE TABLE task (
    id bigint PRIMARY KEY,
    org_id uuid NOT NULL REFERENCES org (id),
    owner_id bigint,
    due date NOT NULL,
    done boolean NOT NULL DEFAULT false,
    deleted_at timestamptz
);
CREATE TABLE job (id bigint PRIMARY KEY, kind text NOT NULL, started_at timestamptz, failed boolean NOT NULL);
CREATE TABLE note (id bigint PRIMARY KEY, author_id bigint NOT NULL, deleted_at timestamptz, pinned boolean NOT NULL);
