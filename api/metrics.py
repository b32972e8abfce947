"""Metrics of the edge, for Prometheus; `exposition` gives these and everybody else's."""

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest

MEDIA_TYPE = CONTENT_TYPE_LATEST

REQUESTS = Counter(
    "safepassage_http_requests_total",
    "Requests answered, by method, route and status.",
    ["method", "route", "status"],
)
REQUEST_SECONDS = Histogram(
    "safepassage_http_request_seconds",
    "Time from a request's head to the end of its handler, by route; sockets not included.",
    ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0),
)
VESSELS = Gauge("safepassage_view_vessels", "Vessels in the merged picture.")
LIVE_CLIENTS = Gauge("safepassage_live_clients", "Clients of the live stream.")
LIVE_DROPPED = Counter(
    "safepassage_live_dropped_frames_total", "Frames dropped because a client read too slowly."
)
LIVE_TICK_SECONDS = Histogram(
    "safepassage_live_tick_seconds",
    "Time to read what is new and to build and hand out one round of live frames.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0),
)
LIVE_POLL_FAILURES = Counter(
    "safepassage_live_poll_failures_total", "Rounds in which the database did not answer."
)
DELIVERIES = Counter(
    "safepassage_alert_deliveries_total",
    "Tries to deliver an alert, by channel and what came of them.",
    ["channel", "outcome"],
)
DELIVERY_SECONDS = Histogram(
    "safepassage_alert_delivery_seconds",
    "Time from an alert's commit to its delivery.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 600.0, 3600.0),
)


def exposition() -> bytes:
    """All metrics of the process in Prometheus' text format."""
    return generate_latest()
