"""Words of an alert that several forms share."""

from collections.abc import Mapping
from typing import Any, Final

from api.channel.parcel import Parcel
from sea.instants import parse_utc
from sea.units import Microseconds

_DROPPED: Final = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF))
"""Characters that XML 1.0 cannot hold."""


def plain(text: str) -> str:
    """The text without characters that XML cannot hold."""
    return text.translate(_DROPPED)


def headline(parcel: Parcel) -> str:
    """One line: what it is, of which exercise, and whether it was taken back."""
    told = parcel.document
    exercise = f"EXERCISE {told['exercise']}: " if told["exercise"] else ""
    withdrawn = "WITHDRAWN: " if parcel.phase == "withdrawn" else ""
    return plain(f"{exercise}{withdrawn}{told['title']}: {called(told)}")


def called(told: Mapping[str, Any]) -> str:
    """The vessels by name, or by MMSI."""
    return ", ".join(v["name"] or v["mmsi"] for v in told["vessels"]) or "no vessel"


def explained(parcel: Parcel) -> list[str]:
    """What there is to read, a paragraph each."""
    told = parcel.document
    shown = [told["text"], f"Why you are told: {told['why']}"]
    if told["innocent_explanation"]:
        shown.append(f"What else could explain it: {told['innocent_explanation']}.")
    reasons = (told.get("assessment") or {}).get("reasons", ())
    shown += [f"- {reason['text']}" for reason in reasons]
    if parcel.phase == "withdrawn":
        shown.insert(0, "This alert is withdrawn: what it rested on was taken back.")
    shown.append("A priority with evidence, not an accusation. A person decides.")
    return [plain(line) for line in shown]


def at(told: Mapping[str, Any], name: str) -> Microseconds:
    """An instant of the alert."""
    return parse_utc(told[name])
