CREATE TABLE "Order" (id bigint PRIMARY KEY, "userId" bigint NOT NULL, "group" text NOT NULL, kind text NOT NULL);
CREATE INDEX "idx_Order_kind" ON "Order" (kind);
CREATE TABLE a_table_with_a_name_that_is_nearly_as_long_as_a_name_may_be (
    id bigint PRIMARY KEY, a_column_with_a_rather_long_name bigint, another_column_with_a_rather_long_name bigint);
CREATE TABLE t (id bigint PRIMARY KEY, a bigint);
CREATE TABLE idx_t_a (id bigint PRIMARY KEY);
