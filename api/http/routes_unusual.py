"""The second opinion on a ship's passage, apart from her scores."""

from typing import Any

from aiohttp import web

from api.http import answers
from api.http.context import CONTEXT, principal_of
from api.http.problem import NotFoundError
from api.http.registry import Operation
from api.http.routes_vessels import OneVessel
from api.policy import Release, allowed
from api.second_opinion import SecondOpinion

OPINION = web.AppKey("opinion", SecondOpinion)


async def unusual(request: web.Request, asked: OneVessel) -> dict[str, Any]:
    """How unusual the passage is, for whom this node's assessments are releasable to."""
    context, mmsi = request.app[CONTEXT], int(asked.mmsi)
    settings = context.settings
    release = Release(
        kind="assessment", originator=settings.nation, releasable_to=settings.releasable_to
    )
    principal = principal_of(request)
    known = context.view.vessel(mmsi, principal) is not None
    if not known or not allowed(principal, release):
        raise NotFoundError(f"no opinion on a vessel {asked.mmsi}")
    return await request.app[OPINION].on(mmsi)


OPERATIONS: tuple[Operation[Any], ...] = (
    Operation(
        path="/v1/vessels/{mmsi}/unusual",
        summary="How unusual a passage is among the traffic of its waters; in no score",
        tag="vessels",
        handle=unusual,
        params=OneVessel,
        answer=answers.Unusual,
    ),
)
