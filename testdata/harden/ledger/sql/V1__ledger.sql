CREATE TABLE firms (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE currencies (code char(3) PRIMARY KEY);
CREATE TABLE tariffs (id bigint PRIMARY KEY, name text NOT NULL UNIQUE, currency char(3) NOT NULL REFERENCES currencies);
CREATE TABLE buyers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    firm_id bigint NOT NULL REFERENCES firms,
    name text NOT NULL,
    CONSTRAINT uq_buyers_firm_id_id UNIQUE (firm_id, id)
);
CREATE TABLE contracts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    firm_id bigint NOT NULL CONSTRAINT fk_contracts_firm_id REFERENCES firms,
    buyer_id bigint NOT NULL CONSTRAINT fk_contracts_buyer_id REFERENCES buyers,
    tariff_id bigint NOT NULL CONSTRAINT fk_contracts_tariff_id REFERENCES tariffs
);
CREATE TABLE bills (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    firm_id bigint NOT NULL CONSTRAINT fk_bills_firm_id REFERENCES firms,
    buyer_id bigint NOT NULL,
    number integer NOT NULL,
    total numeric(12, 2) NOT NULL DEFAULT 0,
    CONSTRAINT uq_bills_firm_id_number UNIQUE (firm_id, number),
    CONSTRAINT fk_bills_firm_id_buyer_id FOREIGN KEY (firm_id, buyer_id) REFERENCES buyers (firm_id, id)
);
CREATE TABLE bill_lines (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bill_id bigint NOT NULL CONSTRAINT fk_bill_lines_bill_id REFERENCES bills ON DELETE CASCADE,
    tariff_id bigint CONSTRAINT fk_bill_lines_tariff_id REFERENCES tariffs,
    amount numeric(12, 2) NOT NULL
);
CREATE TABLE receipts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    firm_id bigint NOT NULL CONSTRAINT fk_receipts_firm_id REFERENCES firms,
    bill_id bigint NOT NULL CONSTRAINT fk_receipts_bill_id REFERENCES bills ON DELETE RESTRICT,
    amount numeric(12, 2) NOT NULL
);
