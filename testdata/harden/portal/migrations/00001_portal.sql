-- +goose Up
CREATE TABLE tenants (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL);
CREATE TABLE logins (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES tenants,
    email text NOT NULL,
    UNIQUE (tenant_id, email)
);
-- The login that made a key may be gone.
CREATE TABLE access_keys (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES tenants,
    login_id uuid REFERENCES logins ON DELETE SET NULL,
    hash text NOT NULL UNIQUE
);
CREATE TABLE persons (
    id bigserial PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    phone text,
    external_id text NOT NULL,
    UNIQUE (tenant_id, external_id)
);
CREATE TABLE calls (
    id bigserial PRIMARY KEY,
    tenant_id uuid REFERENCES tenants,
    person_id bigint REFERENCES persons ON DELETE CASCADE,
    due_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE login_sessions (
    token text PRIMARY KEY,
    login_id uuid NOT NULL REFERENCES logins ON DELETE CASCADE
);
CREATE TABLE flags (name text PRIMARY KEY, enabled boolean NOT NULL DEFAULT false);
-- +goose Down
DROP TABLE flags, login_sessions, calls, persons, access_keys, logins, tenants;
