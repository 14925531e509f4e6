CREATE TABLE billing_account (id uuid PRIMARY KEY, name text NOT NULL);

CREATE TABLE billing_invoice (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES billing_account,
    number text NOT NULL,
    total numeric NOT NULL,
    issued_on date NOT NULL,
    UNIQUE (account_id, number)
);
CREATE INDEX billing_invoice_issued_idx ON billing_invoice (account_id, issued_on);

CREATE TABLE billing_line (
    id uuid PRIMARY KEY,
    invoice_id uuid NOT NULL REFERENCES billing_invoice,
    text text NOT NULL
);
CREATE INDEX billing_line_invoice_idx ON billing_line (invoice_id);
