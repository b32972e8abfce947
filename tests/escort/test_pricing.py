"""Label setting finds what trying everything finds, and the judge agrees with every label."""

from itertools import chain, combinations

import numpy as np
import pytest

from escort.draft import TRANSIT_COST_PER_NM, Workshop
from escort.feasibility import Feasibility, Schedule
from escort.instance import Instance
from escort.reading import read_scenario
from escort.travel import Travel


def an_instance(document):
    scenario = read_scenario(document)
    return Instance(Workshop(Feasibility(scenario, Travel(scenario)), {}))


def every_schedule(judge, asset, before=()):
    """All schedules the judge allows the asset, by trying every order and every call at base."""
    for request in set(range(len(judge.scenario.requests))) - set(before):
        order = (*before, request)
        subsets = chain.from_iterable(combinations(order, n) for n in range(len(order) + 1))
        outcomes = [judge.schedule(asset, order, calls) for calls in subsets]
        yield from (outcome for outcome in outcomes if isinstance(outcome, Schedule))
        # Closed waters on the way home end a tasking there, not one that goes on.
        if any(isinstance(o, Schedule) or o.code == "jurisdiction" for o in outcomes):
            yield from every_schedule(judge, asset, order)


def gain(schedule, worth):
    served = sum(worth[escort.request] for escort in schedule.escorts)
    return served - TRANSIT_COST_PER_NM * schedule.transit_nm


def priced(instance, asset, worth, least, **options):
    """What pricing finds once no way it takes is closed."""
    while True:
        found, whole = instance.price(asset, worth, least, 50, **options)
        outcomes = [
            (gained, way, instance.judge.schedule(asset, way.order, way.refuels))
            for gained, way in found
        ]
        refused = [(way, o) for _, way, o in outcomes if not isinstance(o, Schedule)]
        assert all(obstacle.code == "jurisdiction" for _, obstacle in refused)
        if not refused:
            return outcomes, whole
        barred = [instance.close(way) for way, _ in refused]
        assert all(barred)


@pytest.mark.parametrize("seed", range(8))
def test_the_best_tasking_is_the_best_of_all_there_are(make, seed):
    document = make.random_scenario(seed, 3, 6)
    for request in document["requests"]:
        request["latest"] = make.iso(0)
    hours = np.random.default_rng(seed).uniform(0, 40, 6)
    for request, hour in zip(document["requests"], hours.tolist(), strict=True):
        request["earliest"], request["latest"] = make.iso(hour), make.iso(hour + 2.5)
    instance = an_instance(document)
    worth = np.random.default_rng(seed).exponential(0.02, 6)
    for asset in range(3):
        all_there_are = [gain(s, worth) for s in every_schedule(instance.judge, asset)]
        outcomes, whole = priced(instance, asset, worth, 0.0)
        assert whole
        best = outcomes[0][0] if outcomes else 0.0
        assert best == pytest.approx(max([0.0, *all_there_are]), abs=1e-12)


@pytest.mark.parametrize("quick", [False, True])
def test_the_judge_agrees_with_every_label_to_the_mile(make, quick):
    instance = an_instance(make.random_scenario(20, 8, 80))
    worth = np.random.default_rng(20).exponential(0.02, 80)
    seen = 0
    for asset in range(8):
        outcomes, whole = priced(instance, asset, worth, 0.0, quick=quick)
        assert whole is not quick
        seen += len(outcomes)
        for gained, _, schedule in outcomes:
            assert gained == pytest.approx(gain(schedule, worth), abs=1e-12)
    assert seen > 50


def test_a_window_longer_than_its_leg_is_served_once(make):
    guard = make.request(
        release=[-82.0, 0.0], leg_h=1.0, earliest=make.iso(6), latest=make.iso(11), speed_kn=0.0
    )
    instance = an_instance(make.scenario([make.asset()], [guard]))
    assert len(instance.stops.request) == 6
    outcomes, whole = priced(instance, 0, np.array([1.0]), 0.0)
    assert whole
    assert {way.order for _, way, _ in outcomes} == {(0,)}


def test_nothing_is_claimed_where_a_window_is_many_times_its_leg(make):
    guard = make.request(
        release=[-82.0, 0.0], leg_h=0.1, earliest=make.iso(6), latest=make.iso(11), speed_kn=0.0
    )
    assert not an_instance(make.scenario([make.asset()], [guard])).exact
