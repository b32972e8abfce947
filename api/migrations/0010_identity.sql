-- Who was shown or did what. A chain a nation: numbers without gaps, each row sealed with the one
-- before it, so that a nation that holds its last seal can tell that nothing before was changed,
-- taken out or put in, without seeing another nation's rows. detail is json, not jsonb: its text is
-- kept as it was sealed.

CREATE TABLE audit (
    originator text NOT NULL,
    number     bigint NOT NULL,
    at         timestamptz NOT NULL,
    action     text NOT NULL,
    by_name    text NOT NULL,
    by_role    text NOT NULL,
    by_nation  text NOT NULL,
    credential text NOT NULL,
    address    text NOT NULL,
    node       text NOT NULL,
    request_id text NOT NULL,
    target     text NOT NULL,
    status     int2 NOT NULL,
    detail     json NOT NULL,
    seal       bytea NOT NULL,
    PRIMARY KEY (originator, number)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Keys end, serve for part of what their role may do (no scopes: all of it), and are followed by
-- another of the same name; the one before is valid until its own end.
ALTER TABLE keys ADD COLUMN scopes text[] NOT NULL DEFAULT '{}';
ALTER TABLE keys ADD COLUMN expires_at timestamptz;
ALTER TABLE keys ADD COLUMN superseded_at timestamptz;
ALTER TABLE keys ADD COLUMN last_used_at timestamptz;
ALTER TABLE keys DROP CONSTRAINT keys_name_key;
CREATE UNIQUE INDEX keys_name ON keys (name) WHERE superseded_at IS NULL;
CREATE INDEX keys_prefix ON keys (prefix);

-- Random secrets of this database, each made here once. numbers: api/numbers.py.
CREATE TABLE secrets (
    name   text PRIMARY KEY,
    secret bytea NOT NULL
);
INSERT INTO secrets (name, secret)
VALUES ('numbers', sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')));
