SELECT id FROM "Order" WHERE "userId" = $1 AND "group" = $2;
SELECT id FROM a_table_with_a_name_that_is_nearly_as_long_as_a_name_may_be
WHERE a_column_with_a_rather_long_name = $1 AND another_column_with_a_rather_long_name = $2;
SELECT id FROM t WHERE a = $1;
