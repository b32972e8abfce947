"""The plan that a person is to approve."""

from typing import Any

from aiohttp import web

from api.http import answers_escort
from api.http.context import CONTEXT, NUMBERS, principal_of
from api.http.problem import NotFoundError
from api.http.registry import NoParams, Operation
from api.http.routes_assets import assets_of
from api.http.routes_decisions import plan_now
from sea.instants import iso_z, to_us


async def current_plan(request: web.Request, _: NoParams) -> dict[str, Any]:
    """The newest plan, with the assets it had to work with."""
    view, principal = request.app[CONTEXT].view, principal_of(request)
    row = await plan_now(request)
    if row is None:
        raise NotFoundError("no plan has been made yet")
    numbers, document = request.app[NUMBERS], row["document"]
    return {
        **document,
        "decisions": await numbers.shown("decision", document.get("decisions", 0)),
        "id": await numbers.shown("plan", row["id"]),
        "timeline": row["timeline"],
        "made_at": iso_z(to_us(row["made_at"])),
        "revision": view.plan_revision(principal),
        "originator": row["originator"],
        "releasable_to": sorted(row["releasable_to"]),
        "assets": assets_of(row),
    }


OPERATIONS: tuple[Operation[Any], ...] = (
    Operation(
        path="/v1/plans/current",
        summary="The current escort plan, a proposal until a person approves it",
        tag="escorts",
        handle=current_plan,
        params=NoParams,
        answer=answers_escort.Plan,
    ),
)
