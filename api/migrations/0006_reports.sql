-- What partners report: incidents, watch-list entries, intelligence. Rows are added, never changed
-- nor deleted; what takes one back is another row. Revisions are in order of commit, as writers
-- take a lock first (api/store_reports.py), so "as of revision n" can be read again for ever.

CREATE SEQUENCE report_revision;

CREATE TABLE reports (
    id              text PRIMARY KEY,
    kind            text NOT NULL CHECK (kind IN ('incident', 'watchlist', 'intelligence')),
    document        jsonb NOT NULL,
    originator      text NOT NULL,
    releasable_to   text[] NOT NULL,
    reported_by     text NOT NULL,
    reported_at     timestamptz NOT NULL DEFAULT now(),
    idempotency_key text,
    digest          bytea NOT NULL,
    revision        bigint NOT NULL UNIQUE DEFAULT nextval('report_revision'),
    UNIQUE (reported_by, idempotency_key)
);

CREATE TABLE report_retractions (
    report_id    text PRIMARY KEY REFERENCES reports,
    reason       text NOT NULL,
    retracted_by text NOT NULL,
    retracted_at timestamptz NOT NULL DEFAULT now(),
    revision     bigint NOT NULL UNIQUE DEFAULT nextval('report_revision')
);

-- A person's word on whether two incident reports mean one event; the last one counts.
CREATE TABLE report_judgements (
    revision  bigint PRIMARY KEY DEFAULT nextval('report_revision'),
    one       text NOT NULL REFERENCES reports,
    two       text NOT NULL REFERENCES reports,
    same      boolean NOT NULL,
    reason    text NOT NULL,
    judged_by text NOT NULL,
    judged_at timestamptz NOT NULL DEFAULT now(),
    CHECK (one < two)
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON reports
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON report_retractions
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON report_judgements
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What reports add to a ship's scores for one audience: a nation, or '*' for those who see only
-- what everybody may. reports_revision is the state of the reports it was reckoned from.
CREATE TABLE supplements (
    timeline         text NOT NULL,
    mmsi             int4 NOT NULL,
    score            text NOT NULL CHECK (score IN ('coercion', 'smuggling')),
    audience         text NOT NULL,
    assessed_at      timestamptz NOT NULL,
    document         jsonb NOT NULL,
    reports_revision bigint NOT NULL,
    revision         bigint NOT NULL DEFAULT nextval('revision'),
    PRIMARY KEY (mmsi, score, audience, assessed_at, timeline)
);
CREATE INDEX supplements_revision ON supplements (revision);
