"""Cursor on Target 2.0: XML for tactical displays (TAK), a marker at the alert's position.

The type is always `a-u-S-X-M`, a merchant ship of unknown affiliation: an alert is evidence, so no
ship is ever drawn as hostile or suspect for it. Speed is m/s, as CoT has it.
"""

import xml.etree.ElementTree as ET
from typing import Final

from api.channel.parcel import Parcel, RefusedError
from api.form.text import called, explained, headline, plain

TYPE: Final = "a-u-S-X-M"
HOW: Final = "m-f"
"""Made by a machine out of several sources."""

UNKNOWN_M: Final = "9999999.0"
MS_PER_KN: Final = 1852 / 3600


def cot_event(parcel: Parcel) -> bytes:
    """The event; one that was withdrawn is stale from then on.

    Raises:
        RefusedError: the alert has no position, and a marker needs one.
    """
    told = parcel.document
    if told["position"] is None:
        raise RefusedError("the alert has no position", final=True)
    withdrawn = told["withdrawn_at"] if parcel.phase == "withdrawn" else None
    lon, lat = told["position"]
    event = ET.Element(
        "event", version="2.0", uid=f"safepassage.{told['id']}", type=TYPE, how=HOW,
        time=withdrawn or told["raised_at"], start=withdrawn or told["raised_at"],
        stale=withdrawn or max(told["expires_at"], told["raised_at"]),
    )  # fmt: skip
    ET.SubElement(event, "point", lat=f"{lat:.6f}", lon=f"{lon:.6f}", hae=UNKNOWN_M,
                  ce=UNKNOWN_M, le=UNKNOWN_M)  # fmt: skip
    _detail(event, parcel)
    return bytes(ET.tostring(event, encoding="utf-8", xml_declaration=True)) + b"\n"


def _detail(event: ET.Element, parcel: Parcel) -> None:
    told = parcel.document
    detail = ET.SubElement(event, "detail")
    ET.SubElement(detail, "contact", callsign=plain(called(told))[:100])
    ships = told["vessels"]
    if len(ships) == 1 and ships[0]["cog_deg"] is not None and ships[0]["sog_kn"] is not None:
        ET.SubElement(detail, "track", course=f"{ships[0]['cog_deg']:.1f}",
                      speed=f"{ships[0]['sog_kn'] * MS_PER_KN:.2f}")  # fmt: skip
    remarks = ET.SubElement(detail, "remarks")
    remarks.text = "\n".join([headline(parcel), *explained(parcel)])
    ET.SubElement(
        detail, "__risk", rule=told["rule"], severity=told["severity"], phase=parcel.phase,
        alert=told["id"], mmsis=",".join(told["mmsis"]), onset=told["onset_at"],
        originator=told["originator"], releasable_to=",".join(told["releasable_to"]),
        exercise=told["exercise"] or "",
    )  # fmt: skip
