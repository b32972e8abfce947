"""Rounds of random decisions: what no sequence of them may ever lead to."""

import random
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from escort.decision import Decision
from escort.pending import STAGES, aim, with_pending
from escort.reading import read_scenario
from escort.rounds import Board, next_round
from sea.units import HOUR_US

VERBS = sorted(STAGES)
steps = st.lists(
    st.tuples(st.floats(0.05, 6.0), st.lists(st.tuples(st.sampled_from(VERBS), st.integers(0, 9)),
              max_size=4), st.booleans()),
    min_size=1, max_size=5,
)  # fmt: skip


def decided(board, document, choices):
    """Decisions that the API would have taken, as it would have written them."""
    made = []
    for verb, pick in choices:
        shown = with_pending(document, made)
        ids = [t["id"] for t in shown["taskings"]] + [r["id"] for r in shown["under_way"]]
        if not ids:
            break
        tasking = ids[pick % len(ids)]
        meant = aim(shown, tasking)
        requests = [r for r, stage in meant.stages.items() if stage in STAGES[verb]]
        if requests:
            number = board.standing.seen + len(made) + 1
            made.append(Decision(
                id=number, decided_at=board.made_at + number, kind=verb, by="Ana", nation="EC",
                reason="r", tasking=tasking, asset=meant.asset, requests=tuple(requests),
            ))  # fmt: skip
    return made


def pairs(document):
    """(asset, request) planned, and those under way."""
    planned = {(t["asset"], r) for t in document["taskings"] for e in t["escorts"]
               for r in e["requests"]}  # fmt: skip
    running = {(c["asset"], r) for c in document["under_way"] for r in c["requests"]}
    return planned, running


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 1000), turns=steps)
def test_no_decisions_lead_to_a_plan_against_them_or_in_silence(make, seed, turns):
    document = make.random_scenario(seed, 4, 12)
    base = read_scenario(document)
    board = Board()
    for hours, choices, some_gone in turns:
        now = base.now + round(hours * HOUR_US)
        asked = tuple(q for q in base.requests if q.latest >= now)
        base = replace(base, now=now, requests=asked[1:] if some_gone else asked)
        before = board
        made = next_round(board, base, seconds=60)
        planned, running = pairs(made.document)
        standing = before.standing
        for asset, request in planned:
            word = standing.word(asset, request)
            assert word is None or word.kind in ("approval", "lock")
        assert len({request for _, request in planned | running}) == len(planned | running)
        busy = {asset for asset, _ in running}
        free = {a.id: a.available_from for a in made.scenario.assets}
        assert all(free[asset] > base.now for asset in busy)
        told = {r for alert in made.document["alerts"] for r in alert["requests"]}
        ended = {r for each in made.document["ended"] for r in each["requests"]}
        for request, words in standing.words.items():
            for asset, word in words.items():
                if word.kind == "approval":
                    kept = (asset, request) in planned | running or request in ended
                    assert kept or request in told
        choice = decided(made.board, made.document, choices)
        board = made.board.decided(choice)


def test_these_rounds_reach_every_stage(make):
    seen = set()
    for seed in range(30):
        chance = random.Random(seed)
        base, board = read_scenario(make.random_scenario(seed, 4, 12)), Board()
        for _ in range(5):
            base = replace(base, now=base.now + round(chance.uniform(0.05, 6) * HOUR_US))
            made = next_round(board, base, seconds=60)
            planned, running = pairs(made.document)
            seen |= {"planned"} if planned else set()
            seen |= {"under_way"} if running else set()
            seen |= {each["status"] for each in made.document["ended"]}
            seen |= {each["kind"] for each in made.document["changes"]}
            choices = [(chance.choice(VERBS), chance.randrange(10)) for _ in range(3)]
            choice = decided(made.board, made.document, choices)
            seen |= {each.kind for each in choice}
            board = made.board.decided(choice)
    stages = {"planned", "under_way", "done", "broken_off"}
    assert seen >= {*VERBS, *stages, "added", "dropped", "moved"}
