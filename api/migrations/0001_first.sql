-- Safe Passage, first schema. Degrees are int4 in 1e-7; sog and cog int2 in 0.1 kn and 0.1 degree.

CREATE TABLE readers (
    stage      text PRIMARY KEY,
    epoch      bigint NOT NULL DEFAULT 0,
    log_offset bigint NOT NULL DEFAULT 0,
    snapshot   bytea,
    taken_at   timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE positions (
    t           timestamptz NOT NULL,
    mmsi        int4 NOT NULL,
    lon         int4 NOT NULL,
    lat         int4 NOT NULL,
    sog         int2,
    cog         int2,
    heading     int2,
    nav_status  int2,
    msg_type    int2 NOT NULL,
    received_at timestamptz NOT NULL
) PARTITION BY RANGE (t);
CREATE TABLE positions_default PARTITION OF positions DEFAULT;
CREATE INDEX positions_t ON positions USING brin (t);
CREATE INDEX positions_mmsi_t ON positions (mmsi, t);

CREATE TABLE statics (
    t           timestamptz NOT NULL,
    mmsi        int4 NOT NULL,
    msg_type    int2 NOT NULL,
    imo         int4,
    callsign    text,
    name        text,
    ship_type   int2,
    length_m    float4,
    width_m     float4,
    draught_m   float4,
    destination text,
    eta         text
);
CREATE INDEX statics_mmsi_t ON statics (mmsi, t);

-- Rows that readers write carry a revision, so that others can ask for what is new.
CREATE SEQUENCE revision;

CREATE TABLE events (
    id            text NOT NULL,
    timeline      text NOT NULL,
    kind          text NOT NULL,
    mmsis         int4[] NOT NULL,
    started_at    timestamptz NOT NULL,
    ended_at      timestamptz,
    detected_at   timestamptz NOT NULL,
    lon           float8 NOT NULL,
    lat           float8 NOT NULL,
    status        text NOT NULL,
    confidence    float8 NOT NULL,
    evidence      jsonb NOT NULL,
    originator    text NOT NULL,
    releasable_to text[] NOT NULL,
    revision      bigint NOT NULL DEFAULT nextval('revision'),
    PRIMARY KEY (timeline, id)
);
CREATE INDEX events_revision ON events (revision);
CREATE INDEX events_mmsis ON events USING gin (mmsis);
CREATE INDEX events_started_at ON events (started_at);

CREATE TABLE assessments (
    timeline      text NOT NULL,
    mmsi          int4 NOT NULL,
    assessed_at   timestamptz NOT NULL,
    document      jsonb NOT NULL,
    originator    text NOT NULL,
    releasable_to text[] NOT NULL,
    revision      bigint NOT NULL DEFAULT nextval('revision'),
    PRIMARY KEY (mmsi, assessed_at, timeline)
);
CREATE INDEX assessments_revision ON assessments (revision);

CREATE TABLE plans (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    timeline      text NOT NULL,
    made_at       timestamptz NOT NULL,
    scenario      jsonb NOT NULL,
    document      jsonb NOT NULL,
    originator    text NOT NULL,
    releasable_to text[] NOT NULL,
    revision      bigint NOT NULL DEFAULT nextval('revision'),
    UNIQUE (timeline, made_at)
);

CREATE TABLE keys (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL UNIQUE,
    role       text NOT NULL,
    nation     text NOT NULL,
    ports      text[] NOT NULL DEFAULT '{}',
    prefix     text NOT NULL,
    hash       bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);

-- One-time sign-in links become page sessions; only hashes are kept.
CREATE TABLE sessions (
    hash       bytea PRIMARY KEY,
    name       text NOT NULL,
    role       text NOT NULL,
    nation     text NOT NULL,
    ports      text[] NOT NULL DEFAULT '{}',
    kind       text NOT NULL CHECK (kind IN ('link', 'session')),
    expires_at timestamptz NOT NULL
);
