"""How a source is doing, for `/v1/sources` and `/metrics`."""

from dataclasses import dataclass
from typing import Final, Literal

from sea.units import SECOND_US, Microseconds

State = Literal["connecting", "receiving", "silent", "waiting", "ended"]
STATES: Final[tuple[State, ...]] = ("connecting", "receiving", "silent", "waiting", "ended")

SILENT_US: Final = 30 * SECOND_US
"""Connected but without data for this long is silent. Chosen by us: three reports of a base
station, which sends every 10 s (ITU-R M.1371-5 annex 1 table 3)."""


@dataclass(slots=True)
class Health:
    """What a source does now, kept by the source itself.

    Attributes:
        phase: ``waiting`` for the next try, or for somebody to send; ``connected``: data may come.
        connected_at, data_at, error_at: us UTC, None for never. error: without secrets.
    """

    phase: Literal["waiting", "connecting", "connected", "ended"] = "waiting"
    connected_at: Microseconds | None = None
    data_at: Microseconds | None = None
    error: str | None = None
    error_at: Microseconds | None = None

    def state(self, now: Microseconds) -> State:
        """The phase, connected told apart by whether data comes."""
        if self.phase != "connected":
            return self.phase
        since = max(self.connected_at or 0, self.data_at or 0)
        return "receiving" if now - since < SILENT_US else "silent"

    def connect(self, now: Microseconds) -> None:
        """A peer is there."""
        self.phase, self.connected_at = "connected", now

    def fail(self, error: str, now: Microseconds) -> None:
        """Something went wrong, said without secrets."""
        self.error, self.error_at = error, now
