-- Which source heard whom where: counts by H3 cell (resolution 4) and ten minutes. An empty source
-- is a feed that names nobody. Vessels may be too few where hearings came in parts, hours late.

CREATE TABLE coverage (
    began_at timestamptz NOT NULL,
    cell     int8 NOT NULL,
    source   text NOT NULL,
    timeline text NOT NULL,
    hearings int4 NOT NULL,
    vessels  int4 NOT NULL,
    PRIMARY KEY (began_at, cell, source, timeline)
);
