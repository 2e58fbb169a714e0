-- How one text becomes one value, and why it does not. A value is NULL where the text is empty or faulty; the fault says which.

-- trim copies every text, and hardly any has a blank to lose. It takes blanks beyond ASCII as well: hence the lengths.
CREATE OR REPLACE TEMP MACRO text_value(raw) AS nullif(
    CASE WHEN raw LIKE ' %' OR raw LIKE '% ' OR strlen(raw) <> length(raw) THEN trim(raw) ELSE raw END, ''
);

-- isfinite comes first: NaN > x is true.
CREATE OR REPLACE TEMP MACRO number_fault(text) AS CASE
    WHEN text IS NULL THEN NULL
    WHEN TRY_CAST(text AS DOUBLE) IS NULL THEN 'not_a_number'
    WHEN NOT isfinite(TRY_CAST(text AS DOUBLE)) THEN 'not_finite'
    WHEN TRY_CAST(text AS DOUBLE) < 0 THEN 'negative'
    WHEN TRY_CAST(text AS DOUBLE) <> floor(TRY_CAST(text AS DOUBLE)) THEN 'fraction'
    WHEN TRY_CAST(text AS BIGINT) IS NULL THEN 'too_large'
END;

-- The first branch is the fast one, for nearly all rows. A plain cast would turn 3.7 into 4 and 0x1F into 31.
CREATE OR REPLACE TEMP MACRO whole_number(text) AS CASE
    WHEN regexp_full_match(text, '[0-9]{1,18}') THEN CAST(text AS BIGINT)
    WHEN number_fault(text) IS NULL THEN TRY_CAST(text AS BIGINT)
END;

-- A cast to TIMESTAMP drops the zone without a word; TIMESTAMPTZ keeps it, and the session's zone is UTC.
CREATE OR REPLACE TEMP MACRO utc_time(text) AS CASE
    WHEN regexp_full_match(
        text,
        '\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?( ?(Z|UTC|[+-]\d{2}(:?\d{2})?))?)?'
    ) THEN CAST(TRY_CAST(text AS TIMESTAMPTZ) AS TIMESTAMP)
END;

CREATE OR REPLACE TEMP MACRO status_rank(status) AS CASE $status_ranks END;
