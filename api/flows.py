"""What the gateways of this process have done, and how their sources are, for /metrics."""

import time
from collections.abc import Iterable

from prometheus_client.core import (
    REGISTRY,
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from ingest.source import STATES, Source, WatchedFolder
from ingest.stage import Flow
from sea.units import SECOND_US


class _Flows(Collector):
    def __init__(self) -> None:
        self.flows: list[tuple[Flow, Source | WatchedFolder | None]] = []

    def collect(self) -> Iterable[Metric]:
        rows = CounterMetricFamily(
            "safepassage_source_reports", "Position reports appended to the log.", labels=["source"]
        )
        lines = CounterMetricFamily(
            "safepassage_source_counts",
            "What became of a source's connections, lines and messages, by outcome.",
            labels=["source", "outcome"],
        )
        for flow, source in self.flows:
            rows.add_metric([flow.source], flow.rows)
            counts = flow.counts + source.counts if source else flow.counts
            for outcome, n in sorted(counts.items()):
                lines.add_metric([flow.source, outcome], n)
        yield rows
        yield lines
        yield from self._health()

    def _health(self) -> Iterable[Metric]:
        state = GaugeMetricFamily(
            "safepassage_source_state",
            "1 for the state a source is in.",
            labels=["source", "state"],
        )
        lag = GaugeMetricFamily(
            "safepassage_source_lag_seconds",
            "How far a source's newest report is behind now.",
            labels=["source"],
        )
        now = time.time_ns() // 1000
        for flow, source in self.flows:
            if source is None:
                continue
            for name in STATES:
                state.add_metric([flow.source, name], float(source.health.state(now) == name))
            if flow.newest_at:
                lag.add_metric([flow.source], (now - flow.newest_at) / SECOND_US)
        yield state
        yield lag


_FLOWS = _Flows()
REGISTRY.register(_FLOWS)


def watch_flow(flow: Flow, source: Source | WatchedFolder | None = None) -> Flow:
    """The same flow, from now on in the metrics, with its source's health if it has one."""
    _FLOWS.flows.append((flow, source))
    return flow
