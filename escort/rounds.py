"""One round of the rolling plan: what was, what officers decided, what ships ask -> the next plan.

Pure: equal board, requests, assets and instant give an equal plan, as far as `escort.plan` does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from escort.changes import Grounds, changes, why_gone
from escort.decision import Decision, Standing
from escort.docket import Docket, docket
from escort.lifecycle import HELD, advanced, assets_now, begun, fixed, settled
from escort.plan import plan, plan_document
from escort.scenario import Asset, EscortRequest, Scenario
from escort.telling import Alert, alert_document, commitment_document, restated, threats
from escort.whereabouts import Commitment, as_it_is
from sea.instants import iso_z, parse_utc
from sea.units import DAY_US, HOUR_US, Microseconds

REMEMBER_US: Final = DAY_US
"""How long ended escorts are shown; chosen by us, a watch floor hands over a day."""

NEWS_KEPT_US: Final = HOUR_US
MOST_NEWS: Final = 200

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """What is carried from one round to the next.

    Attributes:
        requests, assets: as the last plan knew them. taskings: that plan's, as documents.
        commitments: escorts under way, and ended ones whose asset is not home yet.
        history: other ended escorts, of the last day.
        news: changes of plans of the last hour, newest first.
        made_at, number: of the last plan, 0 before it.
    """

    standing: Standing = field(default_factory=Standing)
    requests: Mapping[str, EscortRequest] = field(default_factory=dict)
    assets: Mapping[str, Asset] = field(default_factory=dict)
    taskings: tuple[Document, ...] = ()
    commitments: tuple[Commitment, ...] = ()
    history: tuple[Commitment, ...] = ()
    news: tuple[Document, ...] = ()
    made_at: Microseconds = 0
    number: int = 0

    def decided(self, decisions: Sequence[Decision]) -> "Board":
        """The board after these decisions."""
        return replace(self, standing=self.standing.after(decisions))

    def moves_at(self) -> Microseconds | None:
        """When an approved escort gets under way, or one under way is done; None: none will."""
        leaving = (
            parse_utc(escort["depart_at"])
            for tasking in self.taskings
            for escort in tasking["escorts"]
            if escort["status"] == "approved"
        )
        ending = (c.release_at for c in self.commitments if c.status == "under_way")
        return min((*leaving, *ending), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What a round gives: the board to go on with, what was asked of the planner, the plan."""

    board: Board
    scenario: Scenario
    document: dict[str, Any]


def next_round(board: Board, base: Scenario, *, seconds: float, seed: int = 0) -> Round:
    """The next plan.

    Args:
        board: what the last round left, with what has been decided since.
        base: assets on offer, requests cut from risk, zones and burden, as of now.
        seconds: to plan in.
        seed: of the planner.
    """
    now, standing = base.now, board.standing
    offered = {asset.id: asset for asset in assets_now(base.assets, standing)}
    commitments, home = _moved_on(board, offered, now)
    asked = _docket(board, base, commitments, offered)
    scenario = _scenario(base, standing, offered, commitments, asked)
    previous = {"taskings": [dict(tasking) for tasking in board.taskings]}
    made = plan_document(plan(scenario, seconds=seconds, seed=seed, previous=previous))
    made["taskings"] = [restated(tasking, standing) for tasking in made["taskings"]]
    kept = Board(
        standing=standing.keeping(
            [*asked.requests, *(q.id for c in (*commitments, *home) for q in c.requests)], now
        ),
        requests=asked.requests,
        assets={asset.id: asset for asset in scenario.assets},
        taskings=tuple(made["taskings"]),
        commitments=tuple(commitments),
        history=tuple(c for c in (*board.history, *home) if (c.ended_at or 0) > now - REMEMBER_US),
        made_at=now,
        number=board.number + 1,
    )
    document = _told(made, board, kept, offered, asked)
    kept = replace(kept, news=tuple(document["recent_changes"]))
    return Round(board=kept, scenario=scenario, document=document)


def _moved_on(
    board: Board, offered: Mapping[str, Asset], now: Microseconds
) -> tuple[list[Commitment], list[Commitment]]:
    """Commitments that still bind an asset, and those that do not any more."""
    sailing = {
        a: asset for a, asset in board.assets.items() if a in offered and not offered[a].down
    }
    started = begun(board.taskings, sailing, board.requests, board.standing, now)
    commitments = advanced([*board.commitments, *started], board.standing, now)
    home = settled(commitments, offered, board.standing, now)
    return [c for c in commitments if c not in home], home


def _docket(
    board: Board, base: Scenario, commitments: Sequence[Commitment], offered: Mapping[str, Asset]
) -> Docket:
    held = [
        request
        for request, words in board.standing.words.items()
        if any(word.kind in HELD for word in words.values())
    ]
    busy = [
        request
        for commitment in commitments
        if commitment.status == "under_way" and _sails(commitment, offered)
        for request in commitment.requests
    ]
    stopped = {
        request.id: request
        for commitment in commitments
        if commitment.status == "under_way" and not _sails(commitment, offered)
        for request in commitment.requests
    }
    known = {**board.requests, **stopped}
    over = {q.id for c in (*commitments, *board.history) if c.status == "done" for q in c.requests}
    asked = docket(base.requests, known, board.standing, now=base.now,
                   held={*held, *stopped} - over, busy=busy)  # fmt: skip
    return replace(asked, requests={r: q for r, q in asked.requests.items() if r not in over})


def _sails(commitment: Commitment, offered: Mapping[str, Asset]) -> bool:
    """Whether the escort's asset can go on; if not, another may be proposed for its ships."""
    asset = offered.get(commitment.asset)
    return asset is not None and asset.down is None


def _scenario(
    base: Scenario,
    standing: Standing,
    offered: Mapping[str, Asset],
    commitments: Sequence[Commitment],
    asked: Docket,
) -> Scenario:
    chains = {a: [c for c in commitments if c.asset == a] for a in offered}
    zones = {zone.id for zone in base.zones}
    assets = tuple(
        replace(as_it_is(asset, chains[asset.id], base.now),
                may_enter=tuple(zone for zone in asset.may_enter if zone in zones))
        for asset in offered.values()
    )  # fmt: skip
    locked, excluded = fixed(standing, offered, asked.requests)
    ranked = sorted(asked.requests.values(), key=lambda q: (-q.risk_value, q.id))
    return replace(base, assets=assets, requests=tuple(ranked), locked=locked, excluded=excluded)


def _told(
    made: dict[str, Any], before: Board, after: Board, offered: Mapping[str, Asset], asked: Docket
) -> dict[str, Any]:
    """The plan's document with the life of its escorts."""
    now, standing = after.made_at, before.standing
    under_way = [c for c in after.commitments if c.status == "under_way"]
    ended = [c for c in (*after.commitments, *after.history) if c.status != "under_way"]
    documents = [commitment_document(c, offered.get(c.asset), standing, now) for c in under_way]
    grounds = Grounds(
        standing=standing,
        assets=offered,
        asked_before=frozenset(before.requests),
        gone=asked.gone,
        unserved={each["request"]: each["detail"] for each in made["unserved"]},
    )
    running = [{"asset": each["asset"], "escorts": [each]} for each in documents]
    done = {c.requests for c in ended if c.status == "done"}
    ran = [
        commitment_document(c, offered.get(c.asset), standing, now)
        for c in before.commitments
        if c.status == "under_way" and c.requests not in done
    ]
    was = [*before.taskings, *({"asset": each["asset"], "escorts": [each]} for each in ran)]
    alerts = threats(under_way, offered, standing, now)
    alerts += _lost_approvals(made, before, asked, grounds, running)
    changed = changes(was, [*made["taskings"], *running], grounds) if before.number else []
    return {
        **made,
        "under_way": documents,
        "ended": [
            commitment_document(c, offered.get(c.asset), standing, now)
            for c in sorted(ended, key=lambda c: -(c.ended_at or 0))
        ],
        "changes": changed,
        "recent_changes": _recent(changed, before, now),
        "alerts": [alert_document(alert) for alert in alerts],
        "round": after.number,
        "decisions": standing.seen,
    }  # fmt: skip


def _recent(changed: Sequence[Document], before: Board, now: Microseconds) -> list[Document]:
    """Changes of the last hour, newest first: each plan's own are soon replaced by the next's."""
    at = iso_z(now)
    known = (each for each in before.news if parse_utc(each["at"]) > now - NEWS_KEPT_US)
    return [*({**each, "at": at} for each in changed), *known][:MOST_NEWS]


def _lost_approvals(
    made: Document, before: Board, asked: Docket, grounds: Grounds, running: Sequence[Document]
) -> list[Alert]:
    """Escorts that were approved and that the new plan cannot keep, or that nobody asks for."""
    kept = {
        request: tasking["asset"]
        for tasking in (*made["taskings"], *running)
        for escort in tasking["escorts"]
        for request in escort["requests"]
    }
    over = {q.id for c in (*before.commitments, *before.history) for q in c.requests} - kept.keys()
    found = []
    for request, words in sorted(before.standing.words.items()):
        approved = {a: word for a, word in words.items() if word.kind == "approval"}
        if request in over or (kept.get(request) in approved and request not in asked.kept):
            continue
        for asset, word in sorted(approved.items()):
            kind, text = "no_longer_asked", "No leg of the ship asks for this approved escort."
            if kept.get(request) not in approved:
                why = why_gone(asset, request, grounds) or "its time has passed"
                kind, text = "approval_lost", f"An approved escort cannot be kept: {why}"
            found.append(
                Alert(kind=kind, tasking=word.tasking, asset=asset, requests=(request,), text=text)
            )
    return found
