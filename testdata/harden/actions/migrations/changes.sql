--liquibase formatted sql

--changeset places:1
CREATE TABLE orgs (id int PRIMARY KEY);
CREATE TABLE places (
    id int PRIMARY KEY,
    org_id int NOT NULL REFERENCES orgs,
    label text NOT NULL,
    "Floor" int NOT NULL DEFAULT 0,
    UNIQUE (id, "Floor")
);
CREATE TABLE visits (
    id int PRIMARY KEY,
    org_id int NOT NULL REFERENCES orgs,
    cleared int REFERENCES places ON DELETE SET NULL,
    standard int DEFAULT 1 REFERENCES places ON DELETE SET DEFAULT,
    gone int REFERENCES places ON DELETE CASCADE ON UPDATE CASCADE,
    kept int REFERENCES places ON DELETE RESTRICT DEFERRABLE,
    renamed int REFERENCES places ON UPDATE SET NULL,
    spot int,
    "Spot Floor" int,
    FOREIGN KEY (spot, "Spot Floor") REFERENCES places (id, "Floor") MATCH FULL ON DELETE SET NULL
);
CREATE TABLE notes (id int PRIMARY KEY, org_id int NOT NULL, visit_id int NOT NULL);
ALTER TABLE visits ADD CONSTRAINT visits_org_id_id_key UNIQUE (org_id, id);
ALTER TABLE notes ADD CONSTRAINT notes_visit_fkey FOREIGN KEY (org_id, visit_id) REFERENCES visits (org_id, id) NOT VALID;
--rollback DROP TABLE notes, visits, places, orgs;
