DROP VIEW move_details;
DROP TABLE corrections, moves, articles, companies;
