CREATE TABLE org (id uuid PRIMARY KEY);
CREATE TYPE state AS ENUM ('new', 'paid', 'gone');
CREATE TABLE orders (
    id bigint PRIMARY KEY,
    org_id uuid NOT NULL REFERENCES org (id),
    customer_id bigint NOT NULL,
    state state NOT NULL,
    email text NOT NULL,
    placed_at timestamptz NOT NULL,
    shipped_at timestamptz,
    total numeric NOT NULL,
    archived boolean NOT NULL DEFAULT false,
    deleted_at timestamptz
);
CREATE INDEX orders_org_id_idx ON orders (org_id);
