-- +goose Up
CREATE TABLE products (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    title VARCHAR(300) NOT NULL,
    category VARCHAR(100) NOT NULL,
    price NUMERIC(12, 2) NOT NULL,
    review_rating NUMERIC(3, 2),
    created_at TIMESTAMP NOT NULL DEFAULT NOW()
);
CREATE INDEX idx_category_price ON products (category, price);

CREATE TABLE product_categories (
    product_id UUID NOT NULL REFERENCES products (id) ON DELETE CASCADE,
    category VARCHAR(100) NOT NULL,
    PRIMARY KEY (product_id, category)
);

CREATE TABLE product_search_results (
    search_query_hash CHAR(32) NOT NULL,
    product_id UUID NOT NULL REFERENCES products (id) ON DELETE CASCADE,
    relevance_score DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (search_query_hash, product_id)
);
CREATE INDEX idx_search_query_hash ON product_search_results (search_query_hash);

-- +goose Down
DROP TABLE product_search_results;
DROP TABLE product_categories;
DROP TABLE products;
