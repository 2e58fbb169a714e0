-- Winners into the table. An update keeps what an earlier export knew and this one leaves empty; the status is this one's.
INSERT INTO changed_months
SELECT DISTINCT strftime(telemetry.time, '%Y-%m')
FROM telemetry
SEMI JOIN (
    SELECT incoming.atom_id FROM incoming JOIN winner ON incoming.rowid = winner.ordinal WHERE winner.stored
) AS replaced USING (atom_id);

UPDATE telemetry SET $updates, settled = $number
FROM (SELECT incoming.* FROM incoming JOIN winner ON incoming.rowid = winner.ordinal WHERE winner.stored) AS fresh
WHERE telemetry.atom_id = fresh.atom_id;

INSERT INTO telemetry
SELECT $columns, false, $number, $number
FROM incoming SEMI JOIN (SELECT ordinal FROM winner WHERE NOT stored) AS added ON incoming.rowid = added.ordinal;
