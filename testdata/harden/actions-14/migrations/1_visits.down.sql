DROP TABLE notes, visits, places, orgs;
