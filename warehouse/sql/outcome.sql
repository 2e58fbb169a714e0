-- What each good row is: new, updated or known, as if the rows came one by one in the file's order.
CREATE OR REPLACE TEMP TABLE outcome AS
WITH good AS (
    SELECT rowid AS ordinal, atom_id, status_rank(ts_status) AS rank FROM incoming WHERE reasons IS NULL AND in_range
),
repeated AS (SELECT atom_id FROM good GROUP BY atom_id HAVING count(*) > 1),
-- Only for repeated ids: a window over every id would cost more than the rest of ingest.
earlier AS (
    SELECT ordinal, atom_id, max(rank) OVER before AS rank
    FROM good SEMI JOIN repeated USING (atom_id)
    WINDOW before AS (PARTITION BY atom_id ORDER BY ordinal ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
)
SELECT
    good.ordinal,
    earlier.atom_id AS repeated_id,
    CASE
        WHEN greatest(status_rank_of_stored, earlier.rank) IS NULL THEN 'new'
        WHEN good.rank > greatest(status_rank_of_stored, earlier.rank) THEN 'updated'
        ELSE 'known'
    END AS state,
    status_rank_of_stored IS NOT NULL AS stored
FROM good
LEFT JOIN (SELECT atom_id, status_rank(ts_status) AS status_rank_of_stored FROM telemetry) USING (atom_id)
LEFT JOIN earlier USING (ordinal);

-- Of the rows of one id, the last that brought something new is the content.
CREATE OR REPLACE TEMP TABLE winner AS
SELECT ordinal, stored FROM outcome
WHERE state <> 'known'
QUALIFY repeated_id IS NULL OR ordinal = max(ordinal) OVER (PARTITION BY repeated_id);
