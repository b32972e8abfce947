"""What the gateways of this process have done, for /metrics."""

from collections.abc import Iterable

from prometheus_client.core import REGISTRY, CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from ingest.stage import Flow


class _Flows(Collector):
    def __init__(self) -> None:
        self.flows: list[Flow] = []

    def collect(self) -> Iterable[Metric]:
        rows = CounterMetricFamily(
            "safepassage_source_reports", "Position reports appended to the log.", labels=["source"]
        )
        lines = CounterMetricFamily(
            "safepassage_source_counts",
            "What became of a source's lines and messages, by outcome.",
            labels=["source", "outcome"],
        )
        for flow in self.flows:
            rows.add_metric([flow.source], flow.rows)
            for outcome, n in sorted(flow.counts.items()):
                lines.add_metric([flow.source, outcome], n)
        yield rows
        yield lines


_FLOWS = _Flows()
REGISTRY.register(_FLOWS)


def watch_flow(flow: Flow) -> Flow:
    """The same flow, from now on in the metrics."""
    _FLOWS.flows.append(flow)
    return flow
