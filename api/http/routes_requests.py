"""Escort requests: what ships ask for by their risk, and what officers file for them by hand."""

import secrets
from collections.abc import Mapping
from typing import Annotated, Any, Final

from aiohttp import web
from pydantic import Field

from api import store_escort
from api.http import answers_escort
from api.http.bodies import Body, idempotency_key, read_body
from api.http.context import CONTEXT, principal_of
from api.http.params import Cursor, Limit, Mmsi, read_cursor, write_cursor
from api.http.problem import NotFoundError
from api.http.registry import NoParams, Operation, Params
from api.http.routes_decisions import audience, check_may_decide, plan_now, record
from api.store_escort import Draft
from escort.decision import RequestKind
from escort.docket import BY_HAND
from escort.reading import read_request
from sea.errors import BadInputError, NotAllowedError
from sea.instants import iso_z, to_us

Position = Annotated[list[float], Field(min_length=2, max_length=2, description="[lon, lat]")]
Instant = Annotated[str, Field(max_length=40, description="ISO 8601.")]


SAYINGS: Final[tuple[tuple[RequestKind, str], ...]] = (
    ("withdrawal", "Withdraw a request that was filed by hand"),
    ("refusal", "Record that the ship refuses escort; it holds for all her requests"),
    ("reconsideration", "Take back a refusal, and rejections of this request"),
)


class RequestsQuery(Params):
    """Which part of the requests."""

    limit: Limit = 100
    cursor: Cursor | None = None


class RequestPath(Params):
    """Which request."""

    id: str = Field(pattern=r"^[0-9A-Za-z_-]{1,64}$")


class Filing(Body):
    """A request for escort, as a ship's company or master asks for it."""

    mmsis: list[Mmsi] = Field(min_length=1, max_length=10)
    rendezvous: Position
    earliest: Instant
    latest: Instant
    release: Position
    speed_kn: float
    leg_h: float | None = None
    risk_value: float = Field(description="Incidents the escort averts, as of requests from risk.")
    reason: Annotated[str, Field(min_length=1, max_length=200, description="Who asks, and why.")]


class Said(Body):
    """What was said, by whom."""

    reason: Annotated[str, Field(min_length=1, max_length=200)]


async def requests(request: web.Request, asked: RequestsQuery) -> dict[str, Any]:
    """The current plan's requests by id, each with its outcome; then those not planned yet."""
    row = await plan_now(request)
    if row is None:
        return {"requests": [], "timeline": None, "made_at": None, "next": None}
    after = read_cursor(asked.cursor, str)
    known = _all_requests(row)
    ordered = [known[r] for r in sorted(known) if after is None or r > after]
    page = ordered[: asked.limit]
    return {
        "requests": page,
        "timeline": row["timeline"],
        "made_at": iso_z(to_us(row["made_at"])),
        "next": write_cursor(page[-1]["id"] if len(ordered) > len(page) else None),
    }


async def file(request: web.Request, _: NoParams) -> web.Response:
    """Files a request by hand."""
    given = await read_body(request, Filing)
    check_may_decide(request)
    row = await plan_now(request)
    if row is None:
        raise NotFoundError("no plan has been made yet; requests are filed into one")
    identity = BY_HAND + secrets.token_hex(6)
    document = {**given.model_dump(exclude={"reason"}), "id": identity}
    asked = read_request(document)
    if asked.latest < to_us(row["made_at"]):
        raise BadInputError("latest has passed", field="latest")
    draft = Draft(kind="request", reason=given.reason, requests=[identity], mmsis=asked.mmsis,
                  document=document, once=idempotency_key(request),
                  releasable_to=audience(row, principal_of(request)))  # fmt: skip
    return await record(request, draft)


def _said(kind: RequestKind) -> Any:
    async def say(request: web.Request, asked: RequestPath) -> web.Response:
        given = await read_body(request, Said)
        check_may_decide(request)
        row = await plan_now(request)
        known = None if row is None else _all_requests(row).get(asked.id)
        if row is None or known is None:
            raise NotFoundError("nobody asks for such an escort")
        if kind == "withdrawal":
            await _check_may_withdraw(request, asked.id)
        ships = [int(mmsi) for mmsi in known["mmsis"]] if kind != "withdrawal" else []
        draft = Draft(kind=kind, reason=given.reason, requests=[asked.id], mmsis=ships,
                      once=idempotency_key(request),
                      releasable_to=audience(row, principal_of(request)))  # fmt: skip
        return await record(request, draft)

    return say


async def _check_may_withdraw(request: web.Request, identity: str) -> None:
    if not identity.startswith(BY_HAND):
        raise BadInputError(
            "only a request filed by hand is withdrawn; reject the tasking, or record that the "
            "ship refuses", field="id",
        )  # fmt: skip
    filed = await store_escort.filing(request.app[CONTEXT].database, identity)
    if filed is None:
        raise NotFoundError("nobody filed such a request")
    principal = principal_of(request)
    if filed.nation != principal.nation:
        raise NotAllowedError("a request is withdrawn by the nation that filed it")


def _all_requests(row: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    outcomes = _outcomes(row["document"])
    known = {r["id"]: r | {"outcome": outcomes.get(r["id"])} for r in row["scenario"]["requests"]}
    for running in row["document"].get("under_way", ()):
        for identity in running["requests"]:
            ends = {"rendezvous": running["rendezvous_position"],
                    "release": running["release_position"]}  # fmt: skip
            shown = {"id": identity, "mmsis": running["mmsis"], **ends,
                     "risk_value": running["risk_value"]}  # fmt: skip
            status = {"status": running["status"], "asset": running["asset"]}
            known[identity] = {**shown, **known.get(identity, {}), "outcome": status}
    for decision in row["newer"]:
        if decision.kind == "request":
            waiting = {"status": "pending", "reason": decision.reason}
            known[decision.requests[0]] = {**decision.document, "outcome": waiting}
        if decision.kind == "withdrawal":
            known = {r: q for r, q in known.items() if r not in decision.requests}
    return known


def _outcomes(plan: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    served = {
        request: {"status": escort.get("status", "proposed"), "asset": tasking["asset"],
                  "tasking": tasking.get("id")}
        for tasking in plan["taskings"]
        for escort in tasking["escorts"]
        for request in escort["requests"]
    }  # fmt: skip
    refused = {u["request"]: {"status": "unserved", **u} for u in plan["unserved"]}
    return {**refused, **served}


OPERATIONS: tuple[Operation[Any], ...] = (
    Operation(
        path="/v1/requests",
        summary="Escort requests of the current plan and what becomes of them",
        tag="escorts",
        handle=requests,
        params=RequestsQuery,
        answer=answers_escort.Requests,
    ),
    Operation(
        path="/v1/requests",
        summary="File a request for a ship that asks for escort",
        tag="escorts",
        handle=file,
        params=NoParams,
        body=Filing,
        answer=answers_escort.Decision,
        method="POST",
        success=201,
    ),
    *(
        Operation(
            path=f"/v1/requests/{{id}}/{kind}",
            summary=summary,
            tag="escorts",
            handle=_said(kind),
            params=RequestPath,
            body=Said,
            answer=answers_escort.Decision,
            method="POST",
            success=201,
        )
        for kind, summary in SAYINGS
    ),
)
