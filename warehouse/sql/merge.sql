-- Winners into the table. An update keeps what an earlier export knew and this one leaves empty; the status is this one's.
-- Where twins are looked for: at what the new contents are, and at what the contents were that they take the place of.
CREATE OR REPLACE TEMP TABLE touched AS
SELECT time, max_rss FROM telemetry
SEMI JOIN (
    SELECT incoming.atom_id FROM incoming JOIN winner ON incoming.rowid = winner.ordinal WHERE winner.stored
) AS replaced USING (atom_id);

INSERT INTO changed_months SELECT DISTINCT strftime(time, '%Y-%m') FROM touched;

UPDATE telemetry SET $updates, settled = $number
FROM (SELECT incoming.* FROM incoming JOIN winner ON incoming.rowid = winner.ordinal WHERE winner.stored) AS fresh
WHERE telemetry.atom_id = fresh.atom_id;

INSERT INTO telemetry
SELECT $columns, false, $number, $number
FROM incoming SEMI JOIN (SELECT ordinal FROM winner WHERE NOT stored) AS added ON incoming.rowid = added.ordinal;

INSERT INTO touched SELECT time, max_rss FROM telemetry WHERE settled = $number;
