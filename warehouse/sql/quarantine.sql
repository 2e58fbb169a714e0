-- Rejected rows into the quarantine. A newer version of a file brings its old bad rows again: they are kept once.
INSERT INTO quarantine
SELECT $$file, line, reasons, row_text, $$now
FROM rejected
ANTI JOIN (SELECT row_text, reasons FROM quarantine WHERE file = $$file) AS held USING (row_text, reasons)
