CREATE TABLE store (id bigint PRIMARY KEY, name text NOT NULL);

CREATE TABLE customer_order (
    id bigint PRIMARY KEY,
    store_id bigint NOT NULL REFERENCES store,
    number text NOT NULL,
    status text NOT NULL,
    placed_at timestamptz NOT NULL,
    UNIQUE (store_id, number)
);
CREATE INDEX order_status_idx ON customer_order (store_id, status, placed_at);
CREATE INDEX order_placed_idx ON customer_order (store_id, placed_at);

CREATE TABLE order_item (
    id bigint PRIMARY KEY,
    order_id bigint NOT NULL REFERENCES customer_order,
    product text NOT NULL
);
CREATE INDEX order_item_order_idx ON order_item (order_id);
