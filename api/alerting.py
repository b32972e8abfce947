"""Alerting: what the watch finds -> alerts, each told once however it flutters. Pure.

Events follow from the log, so repeating the log repeats what is known of them. Bands and escorts
are decided at a commit: what stood then goes with it as a note (`Watch.note`, `stand`).
"""

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Any, Final

import numpy as np

from api.alert import RULES, Alert, Rule, alert_id
from api.policy import COALITION
from api.telling import SupplementRow
from escort.scenario import Scenario
from ingest.picture import Picture
from risk.assess import Assessed
from risk.assessment import BANDS
from risk.event import Event
from risk.wording import say, whereabouts
from sea.identity import flag_of
from sea.instants import iso_z
from sea.units import Microseconds

LEAST_CONFIDENCE: Final = 0.5
"""Of an event that is told; the detectors mark so what is likely work or fishing. Chosen by us."""

MAX_REASONS: Final = 5

_ROOM = 1000
"""Of a rule, so many keys more than twice those that still stand are kept before old ones go."""

_HIGH, _SEVERE = BANDS.index("high"), BANDS.index("severe")

Standing = dict[str, tuple[Microseconds, list[str]]]
"""What each rule held of at an instant: vessels by MMSI, or escorts."""


class Alerting:
    """What was told, and what stood when last looked at.

    A rule speaks of what stands now and has not stood for the whole of its silence, so what comes
    and goes within the silence is told once.
    """

    def __init__(self, state: Mapping[str, Mapping[str, Microseconds]] | None = None) -> None:
        self._seen: dict[str, dict[str, Microseconds]] = {
            rule: dict(keys) for rule, keys in (state or {}).items()
        }
        self._room: dict[str, int] = {}

    def state(self) -> dict[str, dict[str, Microseconds]]:
        """Values from which another goes on."""
        return {
            rule: _within(keys, RULES[rule].silence_us)
            for rule, keys in self._seen.items()
            if rule in RULES
        }

    def happened(self, event: Event, known: bool, picture: Picture) -> Alert | None:
        """The alert of an event seen for the first time; none where it is told already."""
        rule = RULES.get(event.kind)
        if rule is None or known or event.status == "retracted":
            return None
        if event.confidence < LEAST_CONFIDENCE:
            return None
        key = ",".join(map(str, event.mmsis)) or f"{event.lon:.1f},{event.lat:.1f}"
        if not self.stand(rule.name, [key], event.detected_at):
            return None
        where = whereabouts(round(event.lon, 2), round(event.lat, 2))
        return Alert(
            rule=rule, mmsis=event.mmsis, onset_at=event.started_at,
            text=f"{rule.title}: {_names(picture, event.mmsis)}, {where}.",
            position=(event.lon, event.lat),
            details={
                "vessels": vessels(picture, event.mmsis),
                "event": {"id": event.id, "kind": event.kind, "confidence": event.confidence,
                          "detected_at": iso_z(event.detected_at), "evidence": event.evidence},
            },
        )  # fmt: skip

    def retracted(self, event: Event) -> str | None:
        """Id of the alert that the event would have been told by, if it was taken back."""
        if event.status != "retracted" or event.kind not in RULES:
            return None
        return alert_id(event.kind, event.mmsis, event.started_at)

    def assessed(self, made: Assessed, picture: Picture, stood: Standing) -> list[Alert]:
        """Alerts of vessels that came into the upper bands; `stood` takes what stands."""
        severe = self._banded("coercion_severe", made, made.coercion.band >= _SEVERE, stood)
        high = self._banded("coercion_high", made, made.coercion.band >= _HIGH, stood)
        smuggling = self._banded("smuggling_high", made, made.smuggling.band >= _HIGH, stood)
        told = [("coercion_severe", i) for i in severe]
        told += [("coercion_high", i) for i in high if made.coercion.band[i] < _SEVERE]
        told += [("smuggling_high", i) for i in smuggling]
        return [_of_band(RULES[name], made, i, picture) for name, i in told]

    def planned(
        self, document: Mapping[str, Any], scenario: Scenario, picture: Picture, stood: Standing
    ) -> list[Alert]:
        """Alerts of escorts that a plan puts in question and the plan before did not."""
        rule, now = RULES["escort"], scenario.now
        ships = {request.id: request.mmsis for request in scenario.requests}
        for escort in (*document["under_way"], *document["ended"]):
            mmsis = tuple(int(mmsi) for mmsi in escort["mmsis"])
            ships |= dict.fromkeys(escort["requests"], mmsis)
        questions = {
            f"{a['kind']}|{a['tasking']}|{a['asset']}|{','.join(a['requests'])}": a
            for a in document["alerts"]
        }
        stood[rule.name] = (now, list(questions))
        found = []
        for key in self.stand(rule.name, list(questions), now):
            told = questions[key]
            mmsis = tuple(sorted({m for r in told["requests"] for m in ships.get(r, ())}))
            found.append(Alert(
                rule=rule, mmsis=mmsis, onset_at=now, subject=key,
                text=f"{told['text']} ({_names(picture, mmsis)})", position=_place(picture, mmsis),
                details={"vessels": vessels(picture, mmsis), "escort": dict(told)},
            ))  # fmt: skip
        return found

    def listed(self, rows: Iterable[SupplementRow], picture: Picture) -> list[Alert]:
        """Alerts of ships on watch lists, each for the audience that may know of the entry.

        An entry gives the same alert whenever it is told of again.
        """
        return [
            Alert(
                rule=RULES["watch_list"], mmsis=(row.mmsi,), onset_at=hit["values"]["since"],
                text=f"{_names(picture, [row.mmsi])}: {say('watch_list', hit['values'])}",
                position=_place(picture, [row.mmsi]), audience=row.audience,
                details={"vessels": vessels(picture, [row.mmsi]),
                         "watch_list": {"owner": hit["values"]["owner"],
                                        "report_ids": list(hit["report_ids"])}},
            )
            for row in rows if row.score == "smuggling"
            for hit in row.document["told"] if hit["code"] == "watch_list"
        ]  # fmt: skip

    def stand(self, rule: str, keys: Sequence[str], now: Microseconds) -> list[str]:
        """Notes that these stand now; gives those that had not stood for the rule's silence."""
        silence_us = RULES[rule].silence_us
        seen = self._seen.setdefault(rule, {})
        fresh = [key for key in keys if seen.get(key, -silence_us) <= now - silence_us]
        seen |= dict.fromkeys(keys, now)
        if len(seen) > self._room.get(rule, _ROOM):  # seldom: a look at all for each is too dear
            self._seen[rule] = _within(seen, silence_us)
            self._room[rule] = 2 * len(self._seen[rule]) + _ROOM
        return fresh

    def _banded(self, rule: str, made: Assessed, inside: Any, stood: Standing) -> list[int]:
        rows = np.flatnonzero(inside).tolist()
        keys = {str(made.ships.mmsi[i]): i for i in rows}
        stood[rule] = (made.now_us, list(keys))
        return [keys[key] for key in self.stand(rule, list(keys), made.now_us)]


def _within(keys: Mapping[str, Microseconds], silence_us: int) -> dict[str, Microseconds]:
    """Those that stood within the silence before the newest."""
    since = max(keys.values(), default=0) - silence_us
    return {key: at for key, at in keys.items() if at > since}


def vessels(picture: Picture, mmsis: Iterable[int]) -> list[dict[str, Any]]:
    """What is known of each vessel now; null is unknown."""
    return [_vessel(picture, mmsi) for mmsi in mmsis]


def _vessel(picture: Picture, mmsi: int) -> dict[str, Any]:
    told: dict[str, Any] = {"mmsi": f"{mmsi:09d}", "flag": flag_of(mmsi)}
    slot = picture.slot_of(mmsi)
    if slot is None:
        return told | dict.fromkeys(
            ("name", "imo", "callsign", "ship_type", "lon", "lat", "sog_kn", "cog_deg",
             "reported_at")
        )  # fmt: skip
    lon, lat = picture.lon.item(slot), picture.lat.item(slot)
    placed = isfinite(lon) and isfinite(lat)
    return told | {
        "name": picture.name[slot], "imo": picture.imo.item(slot) or None,
        "callsign": picture.callsign[slot], "ship_type": picture.ship_type.item(slot) or None,
        "lon": round(lon, 6) if placed else None, "lat": round(lat, 6) if placed else None,
        "sog_kn": _number(picture.sog.item(slot)), "cog_deg": _number(picture.cog.item(slot)),
        "reported_at": iso_z(picture.reported_at.item(slot)) if placed else None,
    }  # fmt: skip


def _of_band(rule: Rule, made: Assessed, i: int, picture: Picture) -> Alert:
    assessment = made.assessment(i)
    mmsi = assessment.mmsi
    if rule.kind == "assessment" and rule.name.startswith("coercion"):
        score: Any = assessment.coercion
        said = f"probability {score.probability:.2%} within {score.horizon_h:.0f} h"
        shown = {"score": "coercion", "probability": score.probability, "low": score.low,
                 "high": score.high, "horizon_h": score.horizon_h}  # fmt: skip
    else:
        score = assessment.smuggling
        said = f"priority {score.priority:.0f} of 100"
        shown = {"score": "smuggling", "priority": score.priority}
    reasons = sorted(score.reasons, key=lambda r: -r.contribution)[:MAX_REASONS]
    return Alert(
        rule=rule, mmsis=(mmsi,), onset_at=made.now_us,
        text=f"{rule.title}: {_names(picture, [mmsi])}, {said}.",
        position=_place(picture, [mmsi]),
        details={
            "vessels": vessels(picture, [mmsi]),
            "assessment": shown | {
                "band": score.band, "model": assessment.model,
                "reasons": [{"code": r.code, "text": r.text, "contribution": r.contribution,
                             "innocent_explanation": r.innocent_explanation} for r in reasons],
            },
        },
    )  # fmt: skip


def audience_of(
    alert: Alert, originator: str, releasable_to: Sequence[str]
) -> tuple[str, list[str]]:
    """Whose alert it is and to whom it is releasable."""
    if alert.audience is None or alert.audience == COALITION:
        whole = list(releasable_to) if alert.audience is None else [COALITION]
        return originator, whole
    return alert.audience, [alert.audience]


def _names(picture: Picture, mmsis: Iterable[int]) -> str:
    told = []
    for mmsi in mmsis:
        slot = picture.slot_of(mmsi)
        name = None if slot is None else picture.name[slot]
        told.append(f"{name} (MMSI {mmsi:09d})" if name else f"MMSI {mmsi:09d}")
    return " and ".join(told) or "no vessel"


def _place(picture: Picture, mmsis: Iterable[int]) -> tuple[float, float] | None:
    for mmsi in mmsis:
        slot = picture.slot_of(mmsi)
        if slot is not None and isfinite(picture.lon.item(slot)):
            return round(picture.lon.item(slot), 6), round(picture.lat.item(slot), 6)
    return None


def _number(value: float) -> float | None:
    return round(value, 1) if isfinite(value) else None
