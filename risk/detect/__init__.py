"""Behaviours: one file each, one `Detector` each.

The engine cuts time into event-minutes. For each minute it applies the minute's reports (in
order of time, then MMSI) to the picture, shows them to every detector with `observe`, then lets
every detector `tick` at the minute's end. Nothing else drives a detector, so the size of the
batches that arrived changes nothing.
"""

from typing import Any, Protocol

from ingest.batch import Int32, ReportBatch
from ingest.picture import Picture
from risk.event import Event
from sea.units import Microseconds


class Detector(Protocol):
    """One behaviour.

    It is shown each report of a ship once, doubtful positions (`risk.detect.tracks`) as unknown.
    One with an attribute ``tracks`` is given the engine's tracks there, and shown all positions.
    One with ``hears_copies = True`` is shown every hearing of a report, by whichever receiver;
    one with ``hears_all = True`` the reports of all stations, not of ships alone. A method
    ``observe_statics(picture, slots, statics)``, like `observe`, is called before it.
    """

    kinds: tuple[str, ...]

    def observe(self, picture: Picture, slots: Int32, reports: ReportBatch) -> list[Event]:
        """Events that these reports of one minute (`slots` beside them) open, change or end."""
        ...

    def tick(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Events that the end of an event-minute opens, changes or ends."""
        ...

    def finish(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Events to give out when the timeline is over (an archive's last minute)."""
        ...

    def state(self) -> dict[str, Any]:
        """Plain values and arrays from which `restore` continues without a trace."""
        ...

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from a `state` of the same parameters."""
        ...
