"""Assets: the patrol vessels that nations offer, and what their officers say of them."""

from collections.abc import Mapping
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from api.http import answers_escort
from api.http.bodies import Body, idempotency_key, read_body
from api.http.context import principal_of
from api.http.problem import NotFoundError
from api.http.registry import NoParams, Operation, Params
from api.http.routes_decisions import Reason, audience, check_may_decide, plan_now, record
from api.http.routes_requests import Instant, Position
from api.store_escort import Draft
from escort.reading import read_asset
from sea.errors import BadInputError, ConflictError

Name = Annotated[str, Field(min_length=1, max_length=200)]
Nation = Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2.")]


class AssetPath(Params):
    """Which asset."""

    id: str = Field(pattern=r"^[0-9A-Za-z_-]{1,64}$")


class AssetChange(Body):
    """Fields of an asset that have changed; the others stay.

    A position reported while it has no escort under way also says that it lies ready there, with
    the range and endurance of its record.
    """

    name: Name | None = None
    position: Position | None = None
    base: str | Position | None = None
    max_speed_kn: float | None = None
    range_nm: float | None = None
    endurance_h: float | None = None
    available_from: Instant | None = None
    available_until: Instant | None = None
    must_return: bool | None = None
    may_enter: list[Name] | None = None
    capacity_ships: int | None = None
    down: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        default=None, description="Why it cannot sail; null: it can again."
    )
    reason: Reason = ""


class NewAsset(AssetChange):
    """An asset that a nation offers, by the fields of a scenario's."""

    id: str = Field(pattern=r"^[0-9A-Za-z_-]{1,64}$")
    nation: Nation
    class_name: Name | None = Field(default=None, alias="class")


async def assets(request: web.Request, _: NoParams) -> dict[str, Any]:
    """The assets of the newest plan, with what has been said of them since."""
    row = await plan_now(request)
    return {"assets": [] if row is None else assets_of(row)}


async def offer(request: web.Request, _: NoParams) -> web.Response:
    """Offers a new asset."""
    given = await read_body(request, NewAsset)
    check_may_decide(request, given.nation)
    row = await plan_now(request)
    if row is None:
        raise NotFoundError("no plan has been made yet; assets are offered to one")
    if any(asset["id"] == given.id for asset in assets_of(row)):
        raise ConflictError(f"there is an asset {given.id!r}; change it with PATCH")
    document = given.model_dump(exclude={"reason"}, exclude_none=True, by_alias=True)
    read_asset(document)
    return await _record(request, row, given.id, given.nation, document, given.reason)


async def change(request: web.Request, asked: AssetPath) -> web.Response:
    """Changes an asset: where it is, what it can do, or that it is down."""
    given = await read_body(request, AssetChange)
    row = await plan_now(request)
    known = None if row is None else next((a for a in assets_of(row) if a["id"] == asked.id), None)
    if row is None or known is None:
        raise NotFoundError("nobody offers such an asset")
    check_may_decide(request, known["nation"])
    document = given.model_dump(exclude={"reason"}, exclude_unset=True)
    if not document:
        raise BadInputError("nothing is changed", field="body", mend="name a field")
    read_asset(_without_nulls({**known, **document}))
    return await _record(request, row, asked.id, known["nation"], document, given.reason)


def assets_of(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The plan's assets as they are now, with changes that the plan does not answer yet."""
    at = {r["asset"]: r["position"] for r in row["document"].get("under_way", ())}
    known = {
        asset["id"]: asset | ({"position": at[asset["id"]]} if asset["id"] in at else {})
        for asset in row["scenario"]["assets"]
    }
    for decision in row["newer"]:
        if decision.kind == "asset":
            given = {**known.get(decision.asset, {}), **decision.document}
            known[decision.asset] = _without_nulls(given)
    return list(known.values())


def _without_nulls(asset: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in asset.items() if value is not None}


async def _record(
    request: web.Request, row: Any, asset: str, nation: str, document: Any, reason: str
) -> web.Response:
    told = audience(row, principal_of(request), nation)
    draft = Draft(kind="asset", reason=reason, asset=asset, document=document,
                  once=idempotency_key(request), releasable_to=told)  # fmt: skip
    return await record(request, draft)


OPERATIONS: tuple[Operation[Any], ...] = (
    Operation(
        path="/v1/assets",
        summary="Patrol vessels on offer",
        tag="escorts",
        handle=assets,
        params=NoParams,
        answer=answers_escort.Assets,
    ),
    Operation(
        path="/v1/assets",
        summary="Offer a patrol vessel of your nation",
        tag="escorts",
        handle=offer,
        params=NoParams,
        body=NewAsset,
        answer=answers_escort.Decision,
        method="POST",
        success=201,
    ),
    Operation(
        path="/v1/assets/{id}",
        summary="Say what has changed of a patrol vessel of your nation",
        tag="escorts",
        handle=change,
        params=AssetPath,
        body=AssetChange,
        answer=answers_escort.Decision,
        method="PATCH",
        success=201,
    ),
)
