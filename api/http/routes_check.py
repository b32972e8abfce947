"""Vessel checks: a list of ships, or a CSV -> one row for each, with what is known of the ship."""

import asyncio
import csv
import io
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from aiohttp import web
from pydantic import Field

from api.checking import MOST_ROWS, Known, Match, Named, matched, read_csv, read_row
from api.http import answers_ports
from api.http.auditing import NOTED
from api.http.bodies import Body, read_body, read_text
from api.http.context import CONTEXT, principal_of
from api.http.language import Asked as LanguageAsked
from api.http.language import language_of, spoken
from api.http.problem import InvalidRequestError
from api.http.registry import Operation, Params
from api.http.ships import brief_ship
from api.view import View

_ONE_AT_A_TIME: Final = asyncio.Semaphore(1)
"""Likeness of names takes a core: more at once would take it from the picture."""

_Given = Annotated[str, Field(max_length=100)]


class CheckQuery(Params):
    """How to answer."""

    format: Literal["json", "csv"] = "json"
    lang: LanguageAsked = None


class ShipNamed(Body):
    """A ship by any of these."""

    mmsi: _Given | None = None
    imo: _Given | int | None = None
    name: _Given | None = None


class CheckBody(Body):
    """Ships, by what is known of them."""

    vessels: list[ShipNamed] = Field(max_length=MOST_ROWS)


async def check(request: web.Request, asked: CheckQuery) -> dict[str, Any] | web.Response:
    """What was found of each row."""
    rows = await _rows(request)
    view, principal = request.app[CONTEXT].view, principal_of(request)
    known = _known(view)
    async with _ONE_AT_A_TIME:
        matches = await asyncio.to_thread(matched, rows, known)
    lang = language_of(request, asked.lang)
    ships: dict[int, dict[str, Any]] = {}
    for match in matches:
        if match.ship is not None:
            mmsi = known.mmsi[match.ship]
            vessel = view.vessel(mmsi, principal)
            if vessel is not None:
                ships[match.ship] = brief_ship(spoken(vessel, lang), principal)
    request[NOTED] = {"rows": len(rows), "vessels": sorted(s["mmsi"] for s in ships.values())}
    answer = [
        _row(i, row, match, ships) for i, (row, match) in enumerate(zip(rows, matches, strict=True))
    ]
    if asked.format == "csv":
        return _csv(answer)
    return {"rows": answer, "matched": sum(row["vessel"] is not None for row in answer)}


async def _rows(request: web.Request) -> list[Named]:
    if request.content_type == "text/csv":
        rows = read_csv(await read_text(request))
    else:
        body = await read_body(request, CheckBody)
        rows = [
            read_row(v.mmsi, None if v.imo is None else str(v.imo), v.name) for v in body.vessels
        ]
    if len(rows) > MOST_ROWS:
        raise InvalidRequestError([("body", f"has more than {MOST_ROWS} rows; send it in parts")])
    return rows


def _known(view: View) -> Known:
    slots = view.heard_slots()
    picture = view.picture
    return Known(
        mmsi=picture.mmsi[slots].tolist(), imo=picture.imo[slots].tolist(),
        name=picture.name[slots].tolist(),
    )  # fmt: skip


def _row(i: int, row: Named, match: Match, ships: Mapping[int, dict[str, Any]]) -> dict[str, Any]:
    mmsi, imo, name = row.given
    return {
        "row": i + 1,
        "given": {"mmsi": mmsi, "imo": imo, "name": name},
        "problems": list(row.problems),
        "matched_by": match.by,
        "quality": match.quality,
        "disagrees": list(match.disagrees),
        "others": match.others,
        "vessel": None if match.ship is None else ships.get(match.ship),
    }


_COLUMNS: Final = (
    "row", "given_mmsi", "given_imo", "given_name", "problems", "matched_by", "quality",
    "disagrees", "others", "mmsi", "imo", "name", "flag", "destination", "coercion_band",
    "coercion_reasons", "smuggling_band", "smuggling_reasons",
)  # fmt: skip


def _csv(rows: Sequence[Mapping[str, Any]]) -> web.Response:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for row in rows:
        ship = row["vessel"] or {}
        given = (_harmless(row["given"][name]) for name in ("mmsi", "imo", "name"))
        of_ship = (_harmless(ship.get(name)) for name in ("mmsi", "imo", "name", "flag",
                                                          "destination"))  # fmt: skip
        writer.writerow([
            row["row"], *given, "; ".join(row["problems"]), row["matched_by"], row["quality"],
            " ".join(row["disagrees"]), row["others"], *of_ship, *_told(ship.get("coercion")),
            *_told(ship.get("smuggling")),
        ])  # fmt: skip
    response = web.Response(text=text.getvalue(), content_type="text/csv", charset="utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="checked.csv"'
    return response


def _told(score: Mapping[str, Any] | None) -> tuple[str, str]:
    if score is None:
        return "", ""
    return score["band"], _harmless("; ".join(reason["text"] for reason in score["reasons"]))


def _harmless(text: object) -> str:
    """The text so that no spreadsheet takes it for a formula: ships choose their own names."""
    plain = "" if text is None else str(text)
    return f"'{plain}" if plain[:1] in ("=", "+", "-", "@", "\t", "\r") else plain


OPERATIONS: tuple[Operation[Any], ...] = (
    Operation(
        path="/v1/vessels/check",
        summary="Which ships a list or CSV means, and their bands; one row for each",
        tag="ports",
        handle=check,
        params=CheckQuery,
        body=CheckBody,
        takes="text/csv",
        answer=answers_ports.Checked,
        media=("application/json", "text/csv"),
        method="POST",
        scope="read",
    ),
)
