-- Zones that partners draw. A row is a version of one: added, never changed nor deleted; without a
-- document it says that the zone is no more. Revisions are in order of commit (api/store_zones.py).

CREATE SEQUENCE zone_revision;

CREATE TABLE zones (
    revision        bigint PRIMARY KEY DEFAULT nextval('zone_revision'),
    id              text NOT NULL,
    version         int NOT NULL CHECK (version > 0),
    document        jsonb,
    originator      text NOT NULL,
    releasable_to   text[] NOT NULL,
    changed_by      text NOT NULL,
    changed_at      timestamptz NOT NULL DEFAULT now(),
    idempotency_key text,
    digest          bytea,
    UNIQUE (id, version),
    UNIQUE (changed_by, idempotency_key)
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON zones
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
