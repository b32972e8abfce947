"""OTH-Gold contact report, a subset: what other naval track systems may take in.

One message an alert: header, one contact (CTC and POS) for each vessel with a known position,
remarks, end. Fields are separated by slashes, empty ones keep their place, lines have 69 characters
at most. Written after public descriptions; the specification itself is not public, so this has
been checked against no receiving system.
"""

import re
from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any, Final

from api.channel.parcel import Parcel
from api.form.text import explained, headline
from sea.instants import from_us, parse_utc

MEDIA_TYPE: Final = "text/plain"
LINE: Final = 69

_NOT_TEXT: Final = re.compile(r"[^A-Z0-9 .,()?-]+")


def oth_gold(parcel: Parcel) -> bytes:
    """The message, lines ending in CR LF."""
    return ("\r\n".join(_lines(parcel)) + "\r\n").encode("ascii")


def _lines(parcel: Parcel) -> Iterator[str]:
    told = parcel.document
    raised = from_us(parse_utc(told["raised_at"]))
    number = int(told["id"][:4], 16) % 10_000
    yield f"MSGID/GOLD/SAFE PASSAGE {told['originator']}/{number:04d}/{raised:%b}".upper()
    if told["exercise"]:
        yield f"EXER/{_said(told['exercise'])}"
    for vessel in told["vessels"]:
        if vessel["lon"] is not None:
            yield from _contact(vessel)
    for text in (headline(parcel), *explained(parcel)):
        for part in wrap(_said(text), LINE - 5):
            yield f"RMKS/{part}"
    yield "ENDAT"


def _contact(vessel: Mapping[str, Any]) -> Iterator[str]:
    """CTC: track, name, type, class, trademark, pennant, flag. POS: when, where, course, speed."""
    name = _said(vessel["name"] or f"MMSI {vessel['mmsi']}")[:24]
    yield f"CTC/T{vessel['mmsi']}/{name}/MER////{vessel['flag'] or ''}"
    at = from_us(parse_utc(vessel["reported_at"]))
    course = "" if vessel["cog_deg"] is None else f"{vessel['cog_deg'] % 360:03.0f}T"
    speed = "" if vessel["sog_kn"] is None else f"{vessel['sog_kn']:.0f}K"
    when = _checked(f"{at:%d%H%M}", "Z") + f"/{at:%b%Y}".upper()
    where = f"{_angle(vessel['lat'], 2, 'NS')}/{_angle(vessel['lon'], 3, 'EW')}"
    yield f"POS/{when}/{where}/AIS////{course}/{speed}"


def _angle(degrees: float, width: int, sides: str) -> str:
    """Degrees, minutes and seconds, side, check digit."""
    seconds = round(abs(degrees) * 3600)
    digits = f"{seconds // 3600:0{width}d}{seconds // 60 % 60:02d}{seconds % 60:02d}"
    return _checked(digits, sides[0] if degrees >= 0 else sides[1])


def _checked(digits: str, letter: str) -> str:
    """The digits, the letter and the last figure of the digits' sum."""
    return f"{digits}{letter}{sum(map(int, digits)) % 10}"


def _said(text: str) -> str:
    """The text in the letters that such messages have; a slash would end the field."""
    return _NOT_TEXT.sub(" ", text.upper()).strip()
