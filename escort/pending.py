"""A plan as it stands while the next one, which answers the newest decisions, is being made."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from escort.decision import Decision, TaskingKind
from sea.instants import iso_z

Document = Mapping[str, Any]

STAGES: Final[Mapping[TaskingKind, tuple[str, ...]]] = {
    "approval": ("proposed",),
    "rejection": ("proposed", "approved"),
    "lock": ("proposed",),
    "unlock": ("proposed", "approved"),
    "break_off": ("under_way",),
}
"""What an escort must be for an officer to decide so of it."""

_BECOMES: Final = {
    "approval": "approved",
    "rejection": "rejected",
    "lock": "proposed",
    "unlock": "proposed",
    "break_off": "broken_off",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What the id of a tasking was given for, in a decision or in a plan that is over."""

    asset: str
    requests: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What a decision on a tasking is about: stage by request, as far as the plan knows them."""

    asset: str
    stages: Mapping[str, str]


def with_pending(plan: Document, decisions: Iterable[Decision]) -> dict[str, Any]:
    """The plan's document with decisions that it does not answer yet; `pending` counts them."""
    newer = [d for d in decisions if d.id > plan.get("decisions", 0)]
    stated = {name: list(plan.get(name, ())) for name in ("taskings", "under_way")}
    for decision in newer:
        if decision.kind in STAGES:
            stated["taskings"] = [_decided(each, decision) for each in stated["taskings"]]
            stated["under_way"] = [_ended(each, decision) for each in stated["under_way"]]
    return {**plan, **stated, "pending": len(newer)}


def meaning(plan: Document, tasking: str) -> Meaning | None:
    """What the tasking of this id stands for in the plan, None where the plan has none of it."""
    for each in plan.get("taskings", ()):
        if each.get("id") == tasking:
            requests = tuple(
                request for escort in each["escorts"] for request in escort["requests"]
            )
            return Meaning(asset=each["asset"], requests=requests)
    return None


def aim(plan: Document, tasking: str, before: Meaning | None = None) -> Aim | None:
    """What the tasking of this id stands for now, None where the plan knows nothing of it.

    An id that a later plan replaced still means what it was given for: officers decide on what
    they saw, and the next plan holds it or says why it cannot.

    Args:
        plan: the document with what is pending.
        tasking: of a tasking, or of an escort under way.
        before: what an earlier plan or decision had this id for.
    """
    for each in plan["taskings"]:
        if each.get("id") == tasking:
            return Aim(asset=each["asset"], stages=_stages([each]))
    running = [r for r in plan.get("under_way", ()) if tasking in (r["id"], r["tasking"])]
    stages = {} if before is None else _left(plan, before)
    stages |= {request: r["status"] for r in running for request in r["requests"]}
    if not stages:
        return None
    asset = before.asset if before is not None else running[0]["asset"]
    return Aim(asset=asset, stages=stages)


def _left(plan: Document, before: Meaning) -> dict[str, str]:
    """Stages of those of its requests that the plan still knows, with whichever asset."""
    open_still = {each["request"]: "proposed" for each in plan.get("unserved", ())}
    elsewhere = [each for each in plan["taskings"] if each["asset"] != before.asset]
    own = [each for each in plan["taskings"] if each["asset"] == before.asset]
    known = open_still | _stages(elsewhere) | _stages(own)
    return {request: known[request] for request in before.requests if request in known}


def _stages(taskings: Iterable[Document]) -> dict[str, str]:
    return {
        request: escort.get("status", "proposed")
        for tasking in taskings
        for escort in tasking["escorts"]
        for request in escort["requests"]
    }


def _decided(tasking: Document, decision: Decision) -> Document:
    if tasking["asset"] != decision.asset or decision.kind == "break_off":
        return tasking
    escorts = [
        {**escort, "status": _BECOMES[decision.kind], "decided": _said(decision),
         "locked": decision.kind in ("approval", "lock")}
        if set(escort["requests"]) & set(decision.requests) else escort
        for escort in tasking["escorts"]
    ]  # fmt: skip
    stages = {escort.get("status", "proposed") for escort in escorts}
    return {
        **tasking,
        "escorts": escorts,
        "status": stages.pop() if len(stages) == 1 else "proposed",
        "locked": all(escort.get("locked", False) for escort in escorts),
    }


def _ended(running: Document, decision: Decision) -> Document:
    meant = running["asset"] == decision.asset and set(running["requests"]) & set(decision.requests)
    if decision.kind != "break_off" or not meant:
        return running
    return {**running, "status": "broken_off", "decided": _said(decision)}


def _said(decision: Decision) -> dict[str, Any]:
    return {"kind": decision.kind, "by": decision.by, "nation": decision.nation,
            "reason": decision.reason, "at": iso_z(decision.decided_at)}  # fmt: skip
