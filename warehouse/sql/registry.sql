-- Format 1 of the registry. Times are ISO text in UTC, JSON is text; what is a fact once written is guarded by triggers.

CREATE TABLE runs (
    run_id TEXT PRIMARY KEY,
    started_at TEXT NOT NULL,
    finished_at TEXT,
    state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed', 'stopped')),
    parameters TEXT NOT NULL,
    result TEXT,
    CHECK ((state = 'running') = (finished_at IS NULL))
) STRICT;

CREATE TABLE fits (
    key TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    family TEXT NOT NULL,
    task_type TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('judged', 'served')),
    recipe TEXT NOT NULL,
    recipe_values TEXT NOT NULL,
    metrics TEXT NOT NULL,
    fit_seconds REAL NOT NULL,
    run_id TEXT NOT NULL,
    finished_at TEXT NOT NULL
) STRICT;

CREATE INDEX fits_by_family ON fits (family, finished_at);

CREATE TABLE versions (
    version TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL UNIQUE,
    family TEXT NOT NULL,
    task_type TEXT NOT NULL,
    recipe TEXT NOT NULL,
    recipe_values TEXT NOT NULL,
    judged_digest TEXT NOT NULL,
    served_digest TEXT NOT NULL,
    trained_until TEXT NOT NULL,
    "rows" INTEGER NOT NULL,
    scores TEXT NOT NULL,
    run_id TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE promotions (
    revision INTEGER PRIMARY KEY,
    version TEXT NOT NULL REFERENCES versions (version),
    previous TEXT REFERENCES versions (version),
    kind TEXT NOT NULL CHECK (kind IN ('first', 'refreshed', 'promoted', 'rollback')),
    reason TEXT NOT NULL,
    numbers TEXT NOT NULL,
    promoted_at TEXT NOT NULL,
    CHECK ((kind = 'first') = (revision = 1)),
    CHECK ((previous IS NULL) = (revision = 1))
) STRICT;

-- The one row that a promotion swaps: who serves, and the revision that a verdict must have been given for.
CREATE TABLE champion (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    revision INTEGER NOT NULL,
    version TEXT REFERENCES versions (version),
    CHECK ((revision = 0) = (version IS NULL))
) STRICT;

INSERT INTO champion (id, revision, version) VALUES (1, 0, NULL);

CREATE TABLE verdicts (
    number INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('first', 'refreshed', 'promoted', 'kept', 'evaluated')),
    applied INTEGER NOT NULL CHECK (applied IN (0, 1)),
    reason TEXT NOT NULL,
    numbers TEXT NOT NULL,
    version TEXT REFERENCES versions (version),
    given_at TEXT NOT NULL
) STRICT;

CREATE TABLE evidence (
    block_start TEXT NOT NULL,
    recipe TEXT NOT NULL,
    segment TEXT NOT NULL,
    fitted_until TEXT NOT NULL,
    "rows" INTEGER NOT NULL,
    under_rows INTEGER NOT NULL,
    excess_gib REAL NOT NULL,
    peak_gib REAL NOT NULL,
    PRIMARY KEY (block_start, recipe, fitted_until, segment)
) STRICT, WITHOUT ROWID;

CREATE TABLE nominations (
    number INTEGER PRIMARY KEY,
    recipe TEXT NOT NULL,
    family TEXT NOT NULL,
    champion TEXT NOT NULL,
    since TEXT NOT NULL,
    gain REAL NOT NULL,
    opened_at TEXT NOT NULL,
    closed_at TEXT,
    outcome TEXT,
    numbers TEXT NOT NULL,
    CHECK ((closed_at IS NULL) = (outcome IS NULL))
) STRICT;

CREATE UNIQUE INDEX one_open_nomination ON nominations ((closed_at IS NULL)) WHERE closed_at IS NULL;

CREATE TABLE seen (
    recipe TEXT PRIMARY KEY,
    until TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER promotions_are_gapless BEFORE INSERT ON promotions
WHEN NEW.revision IS NOT (SELECT coalesce(max(revision), 0) + 1 FROM promotions)
BEGIN
    SELECT RAISE(ABORT, 'promotions are numbered without a gap');
END;

CREATE TRIGGER promotions_stay BEFORE UPDATE ON promotions
BEGIN
    SELECT RAISE(ABORT, 'promotions are append-only');
END;

CREATE TRIGGER promotions_are_kept BEFORE DELETE ON promotions
BEGIN
    SELECT RAISE(ABORT, 'promotions are append-only');
END;

CREATE TRIGGER versions_stay BEFORE UPDATE ON versions
BEGIN
    SELECT RAISE(ABORT, 'versions are append-only');
END;

CREATE TRIGGER versions_are_kept BEFORE DELETE ON versions
BEGIN
    SELECT RAISE(ABORT, 'versions are append-only');
END;

CREATE TRIGGER verdicts_stay BEFORE UPDATE ON verdicts
BEGIN
    SELECT RAISE(ABORT, 'verdicts are append-only');
END;

CREATE TRIGGER verdicts_are_kept BEFORE DELETE ON verdicts
BEGIN
    SELECT RAISE(ABORT, 'verdicts are append-only');
END;

CREATE TRIGGER evidence_stays BEFORE UPDATE ON evidence
BEGIN
    SELECT RAISE(ABORT, 'evidence is not rewritten');
END;
