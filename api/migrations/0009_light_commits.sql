-- A reader may commit what it made without its snapshot, which then lies further back: after a
-- crash it reads the log again from there, and the notes say what it decided on the way.

ALTER TABLE readers ADD COLUMN snapshot_offset bigint NOT NULL DEFAULT 0;
UPDATE readers SET snapshot_offset = log_offset;

CREATE TABLE reader_notes (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stage      text NOT NULL,
    log_offset bigint NOT NULL,
    note       bytea NOT NULL
);
