CREATE TABLE org (id uuid PRIMARY KEY);
CREATE TABLE customer (id bigint PRIMARY KEY, org_id uuid NOT NULL REFERENCES org (id), email text NOT NULL);
CREATE INDEX customer_org_id_idx ON customer (org_id);
CREATE TABLE invoice (
    id bigint PRIMARY KEY,
    org_id uuid NOT NULL REFERENCES org (id),
    customer_id bigint NOT NULL REFERENCES customer (id),
    number text NOT NULL
);
CREATE TABLE line (invoice_id bigint NOT NULL REFERENCES invoice (id), sku text NOT NULL, amount numeric NOT NULL);
CREATE TABLE price (sku text NOT NULL, valid_from date NOT NULL, amount numeric NOT NULL);
CREATE TABLE note (
    id bigint PRIMARY KEY,
    customer_id bigint REFERENCES customer (id),
    hidden boolean NOT NULL,
    deleted_at timestamptz
);
