"""The challenger in use: what it was trained on, and how it did on what it never saw."""

from typing import Any

from aiohttp import web

from api.challenger import Adopted, card
from api.http import answers
from api.http.registry import NoParams, Operation

ADOPTED = web.AppKey("adopted", Adopted)


async def challenger(request: web.Request, _: NoParams) -> dict[str, Any]:
    """The card of the challenger in use; nulls where there is none."""
    return card(await request.app[ADOPTED].now())


OPERATIONS: tuple[Operation[Any], ...] = (
    Operation(
        path="/v1/challenger",
        summary="The challenger in use beside the table, and how it was judged",
        tag="vessels",
        handle=challenger,
        params=NoParams,
        answer=answers.ChallengerCard,
    ),
)
