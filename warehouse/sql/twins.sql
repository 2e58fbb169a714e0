-- Which rows are twins, after a merge. Of equal rows the one whose content came first is the original, then the smallest id.
-- Twins share time and peak: a row that did not have this ingest's, and lost no neighbour that had, is what it was.
CREATE OR REPLACE TEMP TABLE twin_change AS
WITH near AS (SELECT rowid AS id, * FROM $near),
pairs AS (SELECT time, max_rss FROM near GROUP BY time, max_rss HAVING count(*) > 1),
ranked AS (
    SELECT near.id, row_number() OVER (PARTITION BY $twin_columns ORDER BY settled, atom_id) > 1 AS is_twin
    FROM near SEMI JOIN pairs USING (time, max_rss)
)
SELECT near.id, coalesce(ranked.is_twin, false) AS is_twin
FROM near LEFT JOIN ranked USING (id)
WHERE near.is_twin <> coalesce(ranked.is_twin, false);

UPDATE telemetry SET is_twin = twin_change.is_twin FROM twin_change WHERE telemetry.rowid = twin_change.id;

INSERT INTO changed_months
SELECT strftime(time, '%Y-%m') FROM telemetry WHERE settled = $number
UNION
SELECT strftime(telemetry.time, '%Y-%m') FROM telemetry JOIN twin_change ON telemetry.rowid = twin_change.id;
