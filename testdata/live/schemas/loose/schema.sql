-- Constraints that do not hold for every row, and rows of tables that inherit.
CREATE TABLE tenant (
    id integer PRIMARY KEY,
    name text NOT NULL
);

CREATE TABLE client (
    id integer PRIMARY KEY,
    tenant_id integer NOT NULL REFERENCES tenant (id),
    name text NOT NULL,
    code integer NOT NULL,
    UNIQUE (tenant_id, id),
    UNIQUE (code) DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE contract (
    id integer PRIMARY KEY,
    tenant_id integer NOT NULL REFERENCES tenant (id),
    client_id integer NOT NULL,
    broker_id integer,
    amount integer NOT NULL DEFAULT 0
);
ALTER TABLE contract ADD CONSTRAINT contract_client FOREIGN KEY (tenant_id, client_id) REFERENCES client (tenant_id, id) NOT VALID;
ALTER TABLE contract ADD CONSTRAINT contract_broker FOREIGN KEY (tenant_id, broker_id) REFERENCES client (tenant_id, id);

CREATE TABLE clause (
    contract_id integer NOT NULL REFERENCES contract (id),
    number integer NOT NULL,
    wording text,
    PRIMARY KEY (contract_id, number)
);

CREATE TABLE old_contract (archived_on date) INHERITS (contract);

CREATE TABLE note (
    id integer PRIMARY KEY,
    tenant_id integer REFERENCES tenant (id),
    client_id integer,
    wording text NOT NULL,
    FOREIGN KEY (tenant_id, client_id) REFERENCES client (tenant_id, id)
);

CREATE TABLE document (
    id integer NOT NULL,
    tenant_id integer NOT NULL REFERENCES tenant (id),
    title text NOT NULL,
    deleted_at timestamptz
);
CREATE UNIQUE INDEX document_live ON document (id) WHERE deleted_at IS NULL;
