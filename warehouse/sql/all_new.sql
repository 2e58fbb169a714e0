-- Whether no good row can be an update or a repetition. Hashes of ids: ten million texts would not fit into memory.
SELECT
    NOT EXISTS (SELECT 1 FROM telemetry)
    AND (SELECT count(DISTINCT hash(atom_id)) = count(*) FROM incoming WHERE reasons IS NULL AND in_range)
