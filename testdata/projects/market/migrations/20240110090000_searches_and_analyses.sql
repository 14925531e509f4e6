-- +goose Up
-- INDEX inside CREATE TABLE is MySQL's: PostgreSQL rejects both statements.
CREATE TABLE product_searches (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL,
    query VARCHAR(200) NOT NULL,
    filters JSONB,
    results_count INTEGER NOT NULL,
    search_timestamp TIMESTAMP NOT NULL DEFAULT NOW(),
    processing_time_ms INTEGER,
    INDEX idx_user_timestamp (user_id, search_timestamp DESC),
    INDEX idx_query_hash (MD5(query)),
    INDEX idx_filters_gin (filters) USING GIN
);

CREATE TABLE market_analyses (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL,
    product_keywords JSONB NOT NULL,
    analysis_type VARCHAR(50) NOT NULL,
    status VARCHAR(20) NOT NULL DEFAULT 'pending',
    results JSONB,
    created_at TIMESTAMP NOT NULL DEFAULT NOW(),
    completed_at TIMESTAMP,
    processing_duration FLOAT,
    INDEX idx_user_status_created (user_id, status, created_at DESC),
    INDEX idx_analysis_type_status (analysis_type, status)
);

-- +goose Down
DROP TABLE market_analyses;
DROP TABLE product_searches;
