"""Decisions on escorts: who approved, rejected, locked or broke off what, and why.

A decision is a row that is only ever added; the watch answers it with the next plan.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final

from aiohttp import web
from pydantic import Field

from api import store, store_escort
from api.http import answers_escort
from api.http.auditing import deed
from api.http.bodies import Body, idempotency_key, read_body
from api.http.context import CONTEXT, NUMBERS, principal_of
from api.http.params import Cursor, Limit, read_cursor, write_cursor
from api.http.problem import NotFoundError
from api.http.registry import Operation, Params, json_response
from api.policy import Principal, allowed, may_decide, release_of
from api.store_escort import Draft
from escort.decision import Decision, TaskingKind
from escort.pending import STAGES, Aim, Meaning, aim, meaning, with_pending
from sea.errors import BadInputError, ConflictError, NotAllowedError

Reason = Annotated[str, Field(max_length=200, description="Why; stands in the record.")]

VERBS: Final[tuple[tuple[str, TaskingKind, str], ...]] = (
    ("approval", "approval", "Approve a tasking: its asset goes; the next plans keep it"),
    ("rejection", "rejection", "Reject a tasking: its asset is not proposed for its ships again"),
    ("lock", "lock", "Fix a tasking in the plan without approving it"),
    ("unlock", "unlock", "Take an approval or a lock back, before the asset has left"),
    ("break-off", "break_off", "Break off an escort that is under way"),
)
_NEED_REASON: Final = ("rejection", "break_off")


class TaskingPath(Params):
    """Which tasking."""

    id: str = Field(pattern=r"^[0-9a-z]{1,64}$", description="Of a tasking or escort under way.")


class Verdict(Body):
    """An officer's decision; on these of its requests, or on all that are at that stage."""

    reason: Reason = ""
    requests: list[Annotated[str, Field(max_length=200)]] | None = Field(
        default=None, max_length=100
    )


class DecisionsQuery(Params):
    """Which part of the decisions."""

    limit: Limit = 100
    cursor: Cursor | None = None


async def plan_now(request: web.Request) -> dict[str, Any] | None:
    """The newest plan's row the principal may see, with decisions that it does not answer yet."""
    context = request.app[CONTEXT]
    row = context.view.plan(principal_of(request))
    if row is None:
        return None
    seen = row["document"].get("decisions", 0)
    newer = await store_escort.decisions_after(context.database, seen, sees(request))
    return {**row, "document": with_pending(row["document"], newer), "newer": newer}


def sees(request: web.Request) -> Callable[[Any], bool]:
    """Gives whether the principal may see a decision's row."""
    principal = principal_of(request)
    return lambda row: allowed(principal, release_of("decision", row))


def audience(row: Any, by: Principal, *nations: str | None) -> list[str]:
    """Who may know of a decision about a plan: who may know of the plan, and who is concerned."""
    told = {*row["releasable_to"], row["originator"], by.nation, *(n for n in nations if n)}
    return sorted(told)


def check_may_decide(request: web.Request, nation: str | None = None) -> None:
    """Refuses who may not decide on escorts, or not on those of this nation's asset.

    Raises:
        NotAllowedError: the principal may not.
    """
    context, principal = request.app[CONTEXT], principal_of(request)
    player = context.settings.nation if context.exercise is not None else None
    if not may_decide(principal, nation, player=player):
        whose = "their own nation's assets" if nation else "escorts"
        raise NotAllowedError(f"watch officers and planners decide on {whose}")


def _verdict(kind: TaskingKind) -> Any:
    async def decide(request: web.Request, asked: TaskingPath) -> web.Response:
        given = await read_body(request, Verdict)
        if kind in _NEED_REASON and not given.reason.strip():
            raise BadInputError("say why", field="reason")
        context, principal = request.app[CONTEXT], principal_of(request)
        row = await plan_now(request)
        if row is None:
            raise NotFoundError("no plan has been made yet")
        before = await store_escort.decision_on(context.database, asked.id, sees(request))
        meant = aim(row["document"], asked.id, await _given_for(request, asked.id, before))
        if meant is None:
            raise NotFoundError("no ship of this tasking asks for an escort now, or it never was")
        nation = _nation(row, meant.asset)
        check_may_decide(request, nation or "")
        key = idempotency_key(request)
        if key is None or before is None:  # sent again, it may fit no more what it did itself
            _check_stage(meant, kind, given.requests)
        draft = Draft(
            kind=kind, reason=given.reason.strip(), tasking=asked.id, asset=meant.asset,
            requests=_requests(meant, kind, given.requests), once=key,
            releasable_to=audience(row, principal, nation),
        )  # fmt: skip
        return await record(request, draft)

    return decide


async def _given_for(request: web.Request, tasking: str, before: Decision | None) -> Meaning | None:
    """What the id was given for: in a plan of late, or in the last decision on it."""
    row = await store.plan_with(request.app[CONTEXT].database, tasking)
    if row is not None and allowed(principal_of(request), release_of("plan", row)):
        return meaning(row["document"], tasking)
    return None if before is None else Meaning(asset=before.asset, requests=before.requests)


async def record(request: web.Request, draft: Draft) -> web.Response:
    """Writes the decision; 201 with what was written."""
    context, principal = request.app[CONTEXT], principal_of(request)
    noted = deed(request, "decision")
    row = await store_escort.add_decision(context.database, principal, draft, noted)
    return json_response(await _shown(request, row), status=201)


async def _shown(request: web.Request, row: Any) -> dict[str, Any]:
    number = await request.app[NUMBERS].shown("decision", row["id"])
    return {"id": number, **store_escort.decision_document(row)}


def _nation(row: Mapping[str, Any], asset: str) -> str | None:
    """Whose asset it is, None where it is on offer no more."""
    offered = (each for each in row["scenario"]["assets"] if each["id"] == asset)
    return next((str(each["nation"]) for each in offered), None)


def _requests(meant: Aim, kind: TaskingKind, wanted: Sequence[str] | None) -> list[str]:
    fitting = [r for r, stage in meant.stages.items() if stage in STAGES[kind]]
    return [r for r in fitting if wanted is None or r in wanted]


def _check_stage(meant: Aim, kind: TaskingKind, wanted: Sequence[str] | None) -> None:
    unknown = sorted(set(wanted or ()) - meant.stages.keys())
    if unknown:
        raise BadInputError(f"the tasking has no request {unknown[0]!r}", field="requests")
    if not _requests(meant, kind, wanted):
        stages = ", ".join(sorted(set(meant.stages.values()))).replace("_", " ")
        needed = " or ".join(STAGES[kind]).replace("_", " ")
        raise ConflictError(f"this takes an escort that is {needed}; these are {stages}")


async def decisions(request: web.Request, asked: DecisionsQuery) -> dict[str, Any]:
    """The decisions the principal may see, newest first."""
    context, numbers, may_see = request.app[CONTEXT], request.app[NUMBERS], sees(request)
    after = read_cursor(asked.cursor, int)
    before = None if after is None else await numbers.meant("decision", after)
    seen: list[dict[str, Any]] = []
    while len(seen) <= asked.limit:
        rows = await store_escort.decisions_before(context.database, before, asked.limit + 1)
        seen += [row for row in rows if may_see(row)]
        if len(rows) <= asked.limit:
            break
        before = rows[-1]["id"]
    page = [await _shown(request, row) for row in seen[: asked.limit]]
    return {
        "decisions": page,
        "next": write_cursor(page[-1]["id"] if len(seen) > len(page) else None),
    }


OPERATIONS: tuple[Operation[Any], ...] = (
    *(
        Operation(
            path=f"/v1/plans/current/taskings/{{id}}/{verb}",
            summary=summary,
            tag="escorts",
            handle=_verdict(kind),
            params=TaskingPath,
            body=Verdict,
            answer=answers_escort.Decision,
            method="POST",
            success=201,
        )
        for verb, kind, summary in VERBS
    ),
    Operation(
        path="/v1/decisions",
        summary="Decisions on escorts, newest first, each with a seal of its own",
        tag="escorts",
        handle=decisions,
        params=DecisionsQuery,
        answer=answers_escort.Decisions,
    ),
)
