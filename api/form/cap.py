"""CAP 1.2 (OASIS Common Alerting Protocol): XML for emergency services.

Times are written as section 3.3.2 asks: whole seconds and `-00:00`, never `Z`.
"""

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Final

from api.alert import Severity
from api.channel.parcel import Parcel
from api.form.text import at, called, explained, headline, plain
from sea.instants import from_us
from sea.units import Microseconds

MEDIA_TYPE: Final = "application/cap+xml"
NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"

RADIUS_KM: Final = 5.0
"""Of the circle about the alert's position. Chosen by us: AIS tells it to metres, but by the time
it is read a ship has sailed some miles."""

_GRADE: Final[Mapping[Severity, tuple[str, str]]] = {
    "urgent": ("Immediate", "Severe"),
    "warning": ("Expected", "Moderate"),
    "notice": ("Future", "Minor"),
}
"""Urgency and severity."""


def cap_alert(parcel: Parcel) -> bytes:
    """The alert, or the cancellation of one that was withdrawn."""
    told = parcel.document
    sender = f"safepassage.{told['originator']}"
    withdrawn = parcel.phase == "withdrawn"
    sent = at(told, "withdrawn_at" if withdrawn else "raised_at")
    root = ET.Element("alert", xmlns=NAMESPACE)
    _put(root, "identifier", parcel.id)
    _put(root, "sender", sender)
    _put(root, "sent", _time(sent))
    _put(root, "status", "Exercise" if told["exercise"] else "Actual")
    _put(root, "msgType", "Cancel" if withdrawn else "Alert")
    _put(root, "scope", "Restricted")
    _put(root, "restriction", f"Releasable to {', '.join(told['releasable_to']) or 'nobody else'}; "
         f"originator {told['originator']}")  # fmt: skip
    if told["exercise"]:
        _put(root, "note", f"Exercise {told['exercise']}: ships, names and events are synthetic.")
    if withdrawn:
        raised = _time(at(told, "raised_at"))
        _put(root, "references", f"{sender},{told['id']}.raised,{raised}")
    _info(root, parcel)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _info(root: ET.Element, parcel: Parcel) -> None:
    told = parcel.document
    urgency, severity = _GRADE[told["severity"]]
    info = ET.SubElement(root, "info")
    for name, value in (
        ("language", "en"), ("category", "Security"), ("category", "Transport"),
        ("event", told["title"]), ("responseType", "Assess"), ("urgency", urgency),
        ("severity", severity), ("certainty", "Possible"),
        ("onset", _time(at(told, "onset_at"))), ("expires", _time(at(told, "expires_at"))),
        ("senderName", f"Safe Passage, {told['originator']}"),
        ("headline", headline(parcel)), ("description", "\n".join(explained(parcel))),
    ):  # fmt: skip
        _put(info, name, value)
    _parameter(info, "rule", told["rule"])
    for vessel in told["vessels"]:
        _parameter(info, "mmsi", vessel["mmsi"])
        if vessel["imo"]:
            _parameter(info, "imo", str(vessel["imo"]))
    area = ET.SubElement(info, "area")
    _put(area, "areaDesc", f"About the position of {called(told)}")
    if told["position"]:
        lon, lat = told["position"]
        _put(area, "circle", f"{lat:.5f},{lon:.5f} {RADIUS_KM:g}")


def _parameter(info: ET.Element, name: str, value: str) -> None:
    parameter = ET.SubElement(info, "parameter")
    _put(parameter, "valueName", name)
    _put(parameter, "value", value)


def _put(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = plain(text)


def _time(instant_us: Microseconds) -> str:
    return from_us(instant_us).strftime("%Y-%m-%dT%H:%M:%S-00:00")
