"""Escorts: what is requested, and the plan that a person is to approve."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from api.http import answers
from api.http.context import CONTEXT, principal_of
from api.http.params import Cursor, Limit, read_cursor, write_cursor
from api.http.problem import NotFoundError
from api.http.registry import NoParams, Operation, Params
from sea.instants import iso_z, to_us


class RequestsQuery(Params):
    """Which part of the requests."""

    limit: Limit = 100
    cursor: Cursor | None = None


async def requests(request: web.Request, asked: RequestsQuery) -> dict[str, Any]:
    """The current plan's requests by id, each with its outcome."""
    row = request.app[CONTEXT].view.plan(principal_of(request))
    if row is None:
        return {"requests": [], "timeline": None, "made_at": None, "next": None}
    after = read_cursor(asked.cursor, str)
    ordered = sorted(row["scenario"]["requests"], key=lambda r: str(r["id"]))
    rest = [r for r in ordered if after is None or r["id"] > after]
    page = rest[: asked.limit]
    outcomes = _outcomes(row["document"])
    return {
        "requests": [r | {"outcome": outcomes.get(r["id"])} for r in page],
        "timeline": row["timeline"],
        "made_at": iso_z(to_us(row["made_at"])),
        "next": write_cursor(page[-1]["id"] if len(rest) > len(page) else None),
    }


async def current_plan(request: web.Request, _: NoParams) -> dict[str, Any]:
    """The newest plan, with the assets it had to work with."""
    view, principal = request.app[CONTEXT].view, principal_of(request)
    row = view.plan(principal)
    if row is None:
        raise NotFoundError("no plan has been made yet")
    return {
        **row["document"],
        "id": row["id"],
        "timeline": row["timeline"],
        "made_at": iso_z(to_us(row["made_at"])),
        "revision": view.plan_revision(principal),
        "originator": row["originator"],
        "releasable_to": sorted(row["releasable_to"]),
        "assets": row["scenario"]["assets"],
    }


def _outcomes(plan: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    served = {
        request: {"status": "proposed", "asset": tasking["asset"]}
        for tasking in plan["taskings"]
        for escort in tasking["escorts"]
        for request in escort["requests"]
    }
    refused = {u["request"]: {"status": "unserved", **u} for u in plan["unserved"]}
    return {**refused, **served}


OPERATIONS: tuple[Operation[Any], ...] = (
    Operation(
        path="/v1/requests",
        summary="Escort requests of the current plan and what becomes of them",
        tag="escorts",
        handle=requests,
        params=RequestsQuery,
        answer=answers.Requests,
    ),
    Operation(
        path="/v1/plans/current",
        summary="The current escort plan, a proposal until a person approves it",
        tag="escorts",
        handle=current_plan,
        params=NoParams,
        answer=answers.Plan,
    ),
)
