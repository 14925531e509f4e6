CREATE TABLE doc (
    id bigint PRIMARY KEY,
    title text NOT NULL,
    code varchar(40) NOT NULL,
    body text NOT NULL,
    words tsvector NOT NULL,
    data jsonb NOT NULL,
    tags text[] NOT NULL,
    span daterange NOT NULL,
    addr inet NOT NULL
);
