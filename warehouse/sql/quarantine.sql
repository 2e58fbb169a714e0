-- Rejected rows into the quarantine. A newer version of a file brings its old bad rows again, and so does the same file with
-- another range of days, even under another name: they are kept once.
INSERT INTO quarantine
SELECT $$file, line, reasons, row_text, $$now
FROM rejected
ANTI JOIN (
    SELECT row_text, reasons FROM quarantine
    WHERE file = $$file OR file IN (SELECT name FROM files WHERE digest = $$digest OR starts_with(digest, $$digest || ' '))
) AS held USING (row_text, reasons)
