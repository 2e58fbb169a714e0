-- Which rows are twins, after a merge. Of equal rows the one whose content came first is the original, then the smallest id.
CREATE OR REPLACE TEMP TABLE twin_change AS
WITH pairs AS (SELECT time, max_rss FROM telemetry GROUP BY time, max_rss HAVING count(*) > 1),
ranked AS (
    SELECT telemetry.rowid AS id, row_number() OVER (PARTITION BY $twin_columns ORDER BY settled, atom_id) > 1 AS is_twin
    FROM telemetry SEMI JOIN pairs USING (time, max_rss)
)
SELECT telemetry.rowid AS id, coalesce(ranked.is_twin, false) AS is_twin
FROM telemetry LEFT JOIN ranked ON telemetry.rowid = ranked.id
WHERE telemetry.is_twin <> coalesce(ranked.is_twin, false);

UPDATE telemetry SET is_twin = twin_change.is_twin FROM twin_change WHERE telemetry.rowid = twin_change.id;

INSERT INTO changed_months
SELECT DISTINCT strftime(telemetry.time, '%Y-%m')
FROM telemetry WHERE settled = $number OR rowid IN (SELECT id FROM twin_change);
