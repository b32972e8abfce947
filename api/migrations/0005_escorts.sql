-- What people decide about escorts. Only ever added to; each row seals the one before it, so that
-- a row changed or taken out later shows.

CREATE TABLE escort_decisions (
    id            bigint PRIMARY KEY,
    decided_at    timestamptz NOT NULL,
    kind          text NOT NULL,
    by_name       text NOT NULL,
    by_role       text NOT NULL,
    by_nation     text NOT NULL,
    reason        text NOT NULL,
    tasking       text NOT NULL,
    asset         text NOT NULL,
    requests      text[] NOT NULL,
    mmsis         int4[] NOT NULL,
    document      jsonb NOT NULL,
    originator    text NOT NULL,
    releasable_to text[] NOT NULL,
    once          text,
    seal          bytea NOT NULL
);
CREATE UNIQUE INDEX escort_decisions_once ON escort_decisions (by_name, by_nation, once)
    WHERE once IS NOT NULL;
CREATE INDEX escort_decisions_tasking ON escort_decisions (tasking) WHERE tasking <> '';

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'table % is only ever added to', TG_TABLE_NAME;
END $$;
CREATE TRIGGER escort_decisions_only_grow BEFORE UPDATE OR DELETE ON escort_decisions
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What-if plans that somebody asked to keep.
CREATE TABLE what_ifs (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    asked_at      timestamptz NOT NULL DEFAULT now(),
    by_name       text NOT NULL,
    by_nation     text NOT NULL,
    document      jsonb NOT NULL,
    originator    text NOT NULL,
    releasable_to text[] NOT NULL
);

-- Two decisions in one minute of event time make two plans of that minute; each commits once.
ALTER TABLE plans DROP CONSTRAINT plans_timeline_made_at_key;
CREATE INDEX plans_timeline_made_at ON plans (timeline, made_at);
