CREATE TABLE company (id uuid PRIMARY KEY, name text NOT NULL);

CREATE TABLE vehicle (
    id uuid PRIMARY KEY,
    company_id uuid NOT NULL REFERENCES company,
    plate text NOT NULL,
    UNIQUE (company_id, plate)
);

CREATE TABLE trip (
    id uuid PRIMARY KEY,
    company_id uuid NOT NULL REFERENCES company,
    vehicle_id uuid NOT NULL REFERENCES vehicle,
    started_at timestamptz NOT NULL,
    distance integer NOT NULL
);
CREATE INDEX trip_vehicle_idx ON trip (vehicle_id);
CREATE INDEX trip_started_idx ON trip (company_id, started_at);
