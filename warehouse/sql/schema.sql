-- The writer's tables. first_seen and settled are numbers of ingests: when the row came, and when its present content did.
CREATE TABLE telemetry ($typed_columns, is_twin BOOLEAN NOT NULL, first_seen INTEGER NOT NULL, settled INTEGER NOT NULL);
CREATE TABLE files (
    number INTEGER NOT NULL, digest VARCHAR NOT NULL, name VARCHAR NOT NULL, ingested_at TIMESTAMP NOT NULL,
    read BIGINT NOT NULL, accepted BIGINT NOT NULL, updated BIGINT NOT NULL, known BIGINT NOT NULL,
    twins BIGINT NOT NULL, quarantined BIGINT NOT NULL
);
CREATE TABLE quarantine (
    file VARCHAR NOT NULL, line BIGINT NOT NULL, reasons VARCHAR[] NOT NULL, row_text VARCHAR NOT NULL,
    ingested_at TIMESTAMP NOT NULL
);
-- Months whose published part is behind.
CREATE TABLE changed_months (month VARCHAR NOT NULL);
