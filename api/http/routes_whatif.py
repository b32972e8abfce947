"""What if: plans of the current scenario with changes to it, made on demand, kept if asked."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web
from pydantic import Field

from api import store_escort
from api.http import answers_escort
from api.http.bodies import Body, read_body
from api.http.context import CONTEXT, NUMBERS, principal_of
from api.http.problem import NotFoundError
from api.http.registry import NoParams, Operation, Params, json_response
from api.policy import allowed, release_of
from escort.gaps import coverage_gaps
from escort.reading import read_scenario
from escort.whatif import MOST_CHANGES, what_if
from sea.errors import UnavailableError
from sea.instants import iso_z, to_us

MOST_SECONDS: Final = 10.0
WAIT_S: Final = 60.0
_ONE_AT_A_TIME: Final = asyncio.Semaphore(1)
"""Planning takes a core: more at once would take it from the picture."""


class WhatIfAsked(Body):
    """Changes to the scenario of the current plan; `docs/escort.md` has their kinds."""

    changes: list[dict[str, Any]] = Field(max_length=MOST_CHANGES)
    seconds: float = Field(default=2.0, gt=0, le=MOST_SECONDS, description="For each plan.")
    seed: int = Field(default=0, ge=0, le=2**32 - 1)
    store: bool = Field(default=False, description="Keep it, to be read again by its id.")


class WhatIfPath(Params):
    """Which what-if."""

    number: int = Field(ge=1, le=2**62)


async def ask(request: web.Request, _: NoParams) -> web.Response:
    """Plans the current scenario as it is and with the changes; 201 where it is kept."""
    given = await read_body(request, WhatIfAsked)
    context, principal = request.app[CONTEXT], principal_of(request)
    row = context.view.plan(principal)
    if row is None:
        raise NotFoundError("no plan has been made yet")
    await _wait_for_turn()
    try:
        document = await asyncio.to_thread(_answer, row, given)
    finally:
        _ONE_AT_A_TIME.release()
    number = None
    if given.store:
        added = await store_escort.add_what_if(
            context.database, principal, document, row["originator"], list(row["releasable_to"])
        )
        number = await request.app[NUMBERS].shown("what_if", added)
    return json_response({"id": number, **document}, status=200 if number is None else 201)


async def kept(request: web.Request, asked: WhatIfPath) -> dict[str, Any]:
    """A what-if that was kept."""
    number = await request.app[NUMBERS].meant("what_if", asked.number)
    row = await store_escort.what_if(request.app[CONTEXT].database, number)
    if row is None or not allowed(principal_of(request), release_of("plan", row)):
        raise NotFoundError("no such what-if has been kept")
    return {"id": asked.number, **row["document"]}


async def _wait_for_turn() -> None:
    """Acquires the one turn. Planning stands outside the timeout: its thread cannot be stopped."""
    try:
        async with asyncio.timeout(WAIT_S):
            await _ONE_AT_A_TIME.acquire()
    except TimeoutError:
        raise UnavailableError("others are asking too; try again in a minute") from None


def _answer(row: Mapping[str, Any], given: WhatIfAsked) -> dict[str, Any]:
    scenario = read_scenario(row["scenario"])
    made = what_if(scenario, given.changes, seconds=given.seconds, seed=given.seed)
    return {
        "asked_of": iso_z(to_us(row["made_at"])),
        "changes": given.changes,
        "difference": made.difference,
        "gaps": {
            "before": coverage_gaps(scenario, made.before),
            "after": coverage_gaps(made.scenario, made.after),
        },
        "before": made.before,
        "after": made.after,
    }


OPERATIONS: tuple[Operation[Any], ...] = (
    Operation(
        path="/v1/plans",
        summary="What if: the current scenario planned as it is and with changes",
        tag="escorts",
        handle=ask,
        params=NoParams,
        body=WhatIfAsked,
        answer=answers_escort.WhatIf,
        method="POST",
        also=(201,),
    ),
    Operation(
        path="/v1/plans/what-if/{number}",
        summary="A what-if that was kept",
        tag="escorts",
        handle=kept,
        params=WhatIfPath,
        answer=answers_escort.WhatIf,
    ),
)
