-- Snapshots are compressed already: PostgreSQL need not try again at every commit.

ALTER TABLE readers ALTER COLUMN snapshot SET STORAGE EXTERNAL;
