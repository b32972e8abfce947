-- Challengers that were adopted, and by whom; the newest row holds. A row without a document ends
-- the use of the one before. Never changed or deleted: it says what was in use when.

CREATE TABLE challengers (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    adopted_at timestamptz NOT NULL DEFAULT now(),
    adopted_by text NOT NULL,
    name       text,
    document   text,
    forced     boolean NOT NULL
);
