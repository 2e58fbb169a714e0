-- One file as typed rows, in the file's order (rowid). reasons is NULL for a good row.
-- What is out of the range of days keeps its place, which line numbers rest on, and is otherwise not there.
CREATE OR REPLACE TEMP TABLE incoming AS
WITH texts AS (SELECT $texts FROM $relation),
typed AS (SELECT *, $typed_values FROM texts)
SELECT
    $columns,
    CASE WHEN $suspect THEN list_filter([$faults], lambda fault: fault IS NOT NULL) END AS reasons,
    $in_range AS in_range
FROM typed
