-- +goose Up
CREATE TABLE product_searches_partitioned (
    id UUID DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL,
    query VARCHAR(200) NOT NULL,
    search_timestamp TIMESTAMP NOT NULL DEFAULT NOW()
) PARTITION BY RANGE (search_timestamp);

CREATE TABLE product_searches_2024_01 PARTITION OF product_searches_partitioned
    FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');

-- Makes the partition of the next month.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION create_monthly_partition()
RETURNS void AS $$
DECLARE
    partition_date date;
    partition_name text;
    start_date text;
    end_date text;
BEGIN
    partition_date := date_trunc('month', CURRENT_DATE + interval '1 month');
    partition_name := 'product_searches_' || to_char(partition_date, 'YYYY_MM');
    start_date := partition_date::text;
    end_date := (partition_date + interval '1 month')::text;

    EXECUTE format('CREATE TABLE %I PARTITION OF product_searches_partitioned
                    FOR VALUES FROM (%L) TO (%L)', partition_name, start_date, end_date);
END;
$$ LANGUAGE plpgsql;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION create_monthly_partition();
DROP TABLE product_searches_partitioned;
