-- +goose Up
-- The comma before the comment has nothing after it: PostgreSQL rejects the statement.
CREATE TABLE market_analyses_archive (
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    archived_at TIMESTAMP NOT NULL DEFAULT NOW(),
    -- the other columns of market_analyses
);

-- +goose Down
DROP TABLE market_analyses_archive;
