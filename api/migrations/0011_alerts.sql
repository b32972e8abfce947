-- Alerts, what each nation's officers did about them, who is to be told, and what is on its way.
-- The watch writes an alert and its deliveries in the transaction of what they rest on.

CREATE TABLE alerts (
    id            text PRIMARY KEY,
    rule          text NOT NULL,
    severity      text NOT NULL,
    kind          text NOT NULL,
    mmsis         int4[] NOT NULL,
    onset_at      timestamptz NOT NULL,
    raised_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    withdrawn_at  timestamptz,
    lon           float8,
    lat           float8,
    document      jsonb NOT NULL,
    originator    text NOT NULL,
    releasable_to text[] NOT NULL,
    revision      bigint NOT NULL DEFAULT nextval('revision')
);
CREATE INDEX alerts_revision ON alerts (revision);
CREATE INDEX alerts_raised_at ON alerts (raised_at, id);

-- Each nation works its own list: one's acknowledgement is no other's.
CREATE TABLE alert_states (
    alert_id text NOT NULL REFERENCES alerts,
    nation   text NOT NULL,
    status   text NOT NULL CHECK (status IN ('acknowledged', 'closed')),
    assignee text,
    document jsonb NOT NULL,
    PRIMARY KEY (alert_id, nation)
);
CREATE TABLE alert_actions (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_id text NOT NULL REFERENCES alerts,
    acted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind     text NOT NULL,
    by_name  text NOT NULL,
    by_role  text NOT NULL,
    nation   text NOT NULL,
    reason   text NOT NULL,
    document jsonb NOT NULL,
    once     text,
    UNIQUE (by_name, nation, once)
);
CREATE INDEX alert_actions_alert ON alert_actions (alert_id, nation);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON alert_actions
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A nation that wants no more of a rule about a vessel until then; mmsi 0: of no vessel.
CREATE TABLE alert_silences (
    nation text NOT NULL,
    rule   text NOT NULL,
    mmsi   int4 NOT NULL,
    until  timestamptz NOT NULL,
    PRIMARY KEY (nation, rule, mmsi)
);

-- secret: encrypted, see api/secret.py; former_secret signs beside it until former_until.
CREATE TABLE subscriptions (
    id            text PRIMARY KEY,
    name          text NOT NULL,
    by_name       text NOT NULL,
    by_role       text NOT NULL,
    nation        text NOT NULL,
    channel       text NOT NULL,
    target        jsonb NOT NULL,
    filter        jsonb NOT NULL,
    secret        bytea,
    former_secret bytea,
    former_until  timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    ended_at      timestamptz,
    failing_since timestamptz,
    last_error    text,
    claimed_by    text,
    claimed_until timestamptz
);
CREATE UNIQUE INDEX subscriptions_name ON subscriptions (nation, name) WHERE ended_at IS NULL;

-- since: when it was made, or last asked for again. One vessel's go out in order of id.
CREATE TABLE deliveries (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subscription_id text NOT NULL REFERENCES subscriptions,
    alert_id        text NOT NULL REFERENCES alerts,
    phase           text NOT NULL CHECK (phase IN ('raised', 'withdrawn')),
    vessel          int4 NOT NULL,
    status          text NOT NULL DEFAULT 'waiting'
                    CHECK (status IN ('waiting', 'delivered', 'dead', 'withheld')),
    tries           int4 NOT NULL DEFAULT 0,
    made_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    since           timestamptz NOT NULL DEFAULT clock_timestamp(),
    due_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at        timestamptz,
    last_error      text,
    UNIQUE (subscription_id, alert_id, phase)
);
CREATE INDEX deliveries_waiting ON deliveries (subscription_id, vessel, id)
    WHERE status = 'waiting';
CREATE INDEX deliveries_of ON deliveries (subscription_id, id);
