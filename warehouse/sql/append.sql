-- The rows of a first export: all good ones, without a join.
INSERT INTO telemetry
SELECT $columns, false, $number, $number FROM incoming WHERE reasons IS NULL AND in_range;
