-- How the gateways' sources are doing, as each gateway says itself every few seconds.

CREATE TABLE sources (
    node       text NOT NULL,
    url        text NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now(),
    health     jsonb NOT NULL,
    PRIMARY KEY (node, url)
);
