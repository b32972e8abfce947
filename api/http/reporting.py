"""What the three kinds of reports share at the edge: adding, taking back, showing, paging."""

import secrets
import time
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from aiohttp import web
from pydantic import Field

from api import store_reports
from api.briefing import Briefing, Record, Value, document_of
from api.http.auditing import deed
from api.http.bodies import Body, Line, Nations, Said, body_digest, idempotency_key
from api.http.context import CONTEXT, principal_of
from api.http.params import Text, read_cursor, write_cursor
from api.http.problem import NotFoundError
from api.http.registry import Params
from api.policy import Kind, allowed, may_report, may_take_back
from api.store_reports import NewReport
from risk.grade import Credibility, Grade, Reliability
from risk.report import ReportedShip
from sea.errors import BadInputError, NotAllowedError
from sea.identity import imo_is_valid
from sea.instants import iso_z
from sea.units import HOUR_US, Microseconds

Item = TypeVar("Item")


class ShipBody(Body):
    """A ship by what is known of her."""

    mmsi: str | None = Field(default=None, pattern=r"^[0-9]{9}$")
    imo: int | None = Field(default=None, ge=1_000_000, le=9_999_999)
    name: Line = ""


class GradedBody(Body):
    """A source and how far it and what it says are believed (Admiralty code)."""

    source: Line = ""
    reliability: Reliability = "F"
    credibility: Credibility = 6
    releasable_to: Nations = Field(default_factory=list)

    @property
    def grade(self) -> Grade:
        """The code."""
        return Grade(reliability=self.reliability, credibility=self.credibility)


class RetractionBody(Body):
    """Why it is taken back."""

    reason: Said


class OneReport(Params):
    """Which report."""

    id: str = Field(pattern=r"^[0-9a-f]{20}$")


class TakenBack(OneReport):
    """Which report, and why it is taken back."""

    reason: Text = ""


def past(at: Microseconds) -> Microseconds:
    """The instant.

    Raises:
        BadInputError: it is still to come; an hour is granted to clocks that are fast.
    """
    if at > time.time_ns() // 1000 + HOUR_US:
        raise BadInputError("is still to come", field="at")
    return at


def new_id() -> str:
    """An id that says nothing."""
    return secrets.token_hex(10)


def reported_ship(ship: ShipBody) -> ReportedShip:
    """The ship.

    Raises:
        BadInputError: the IMO number's check digit is wrong.
    """
    return ReportedShip(
        mmsi=int(ship.mmsi or 0), imo=checked_imo(ship.imo, "ship.imo"), name=ship.name
    )


def checked_imo(imo: int | None, field: str) -> int:
    """The IMO number, 0 for none.

    Raises:
        BadInputError: its check digit is wrong.
    """
    if imo and not imo_is_valid(imo):
        raise BadInputError("its check digit is wrong", field=field)
    return imo or 0


async def briefed(request: web.Request) -> Briefing:
    """The briefing as of now."""
    context = request.app[CONTEXT]
    await context.briefing.refresh(context.database)
    return context.briefing


async def report(
    request: web.Request, kind: Kind, value: Value, releasable_to: Sequence[str]
) -> Record:
    """Adds the value; the record, or that of the same request before.

    Raises:
        NotAllowedError: the principal reports no such things.
    """
    context, principal = request.app[CONTEXT], principal_of(request)
    check_may_report(request, kind)
    report_id = await store_reports.add(
        context.database,
        NewReport(
            id=value.id, kind=kind, document=document_of(value), originator=principal.nation,
            releasable_to=sorted(set(releasable_to)), reported_by=principal.name,
            idempotency_key=idempotency_key(request), digest=await body_digest(request),
        ),
        deed(request, "report"),
    )  # fmt: skip
    return (await briefed(request)).records[report_id]


def check_may_report(request: web.Request, kind: Kind) -> None:
    """Refuses who may not report such things.

    Raises:
        NotAllowedError: the principal reports no such things.
    """
    principal = principal_of(request)
    if not may_report(principal, kind):
        raise NotAllowedError(f"a {principal.role} does not report to {kind}")


async def seen_record(request: web.Request, kind: Kind, report_id: str) -> Record:
    """The record.

    Raises:
        NotFoundError: there is none, or none that the principal may know of.
    """
    record = (await briefed(request)).records.get(report_id)
    if (
        record is None
        or record.release.kind != kind
        or not allowed(principal_of(request), record.release)
    ):
        raise NotFoundError(f"there is no report {report_id}")
    return record


async def take_back(request: web.Request, kind: Kind, report_id: str, reason: str) -> Record:
    """Retracts the report; the first retraction stands.

    Raises:
        NotFoundError: there is none, or none that the principal may know of.
        NotAllowedError: it is another nation's.
    """
    record = await seen_record(request, kind, report_id)
    principal, database = principal_of(request), request.app[CONTEXT].database
    if not may_take_back(principal, record.release):
        raise NotAllowedError(f"only {record.release.originator} may take its report back")
    noted = deed(request, "report", status=200)
    await store_reports.retract(database, report_id, reason, principal.name, noted)
    return (await briefed(request)).records[report_id]


def shown_release(record: Record) -> dict[str, Any]:
    """Whose it is, when it came, and whether it stands."""
    retracted = record.retracted_at
    return {
        "originator": record.release.originator,
        "releasable_to": list(record.release.releasable_to),
        "reported_at": iso_z(record.reported_at),
        "retracted_at": None if retracted is None else iso_z(retracted),
        "retraction": None if retracted is None else record.retraction,
    }


def shown_ship(ship: ReportedShip) -> dict[str, Any]:
    """The ship; null is unknown."""
    return {
        "mmsi": f"{ship.mmsi:09d}" if ship.mmsi else None,
        "imo": ship.imo or None,
        "name": ship.name or None,
    }


def page(
    keyed: Iterable[tuple[tuple[int, str], Item]], limit: int, cursor: str | None
) -> tuple[list[Item], str | None]:
    """The part after the cursor, greatest key first, and where the next begins.

    Keys are an instant and an id, both of the records seen, so a cursor tells of no other.
    """
    after = read_cursor(cursor, tuple[int, str])
    ordered = sorted(keyed, key=lambda item: item[0], reverse=True)
    rest = [(key, item) for key, item in ordered if after is None or key < after]
    more = len(rest) > limit
    return [item for _, item in rest[:limit]], write_cursor(rest[limit - 1][0] if more else None)
