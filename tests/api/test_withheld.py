"""The policy as a differential: with and without withheld records, all that is seen is equal."""

import pytest

from api.live import Live, encode
from api.view import View


@pytest.fixture
def worlds(make):
    """Two views that differ only in records of US for US: (without, with)."""
    return _view(make, withheld=False), _view(make, withheld=True)


def _view(make, *, withheld):
    view = View()
    view.apply(make.reports(1, 2, 3), make.no_statics)
    public = dict(originator="XC", releasable_to=["*"])
    secret = dict(originator="US", releasable_to=["US"])
    view.assessed([{"document": make.assessment(1, band="elevated"), **public}])
    view.planned({"id": 1, **make.plan()})
    if withheld:
        later = "2026-03-01T13:00:00Z"
        for mmsi in (1, 3, 4, 5):  # 4 is not heard yet, 5 never will be
            severe = make.assessment(mmsi, at=later, band="severe", coercion=0.9)
            view.assessed([{"document": severe, **secret}])
        document = dict(id="s", mmsis=["000000002"], status="open", started_at=later)
        view.happened([{"timeline": "live", "document": document, **secret}])
        view.planned({"id": 2, **make.plan(made_at=make.noon.replace(hour=14)), **secret})
    view.apply(make.reports(4), make.no_statics)
    return view


def all_seen(view, principal):
    frames = Live(view=view, database=None)
    snapshot = frames.join(principal, "binary")
    text = frames.join(principal, "json")
    return [
        *(view.vessel(m, principal) for m in (1, 2, 3, 4)),
        *(
            view.vessels(principal, min_band=band, limit=limit)
            for band in ("insufficient_data", "elevated", "severe")
            for limit in (1, 2, 10)
        ),
        view.counts(principal),
        view.open_events(principal),
        view.plan(principal),
        view.plan_revision(principal),
        snapshot._messages[0],
        text._messages[0],
    ]


@pytest.mark.parametrize("role", ["watch_officer", "planner", "naval_partner", "admin"])
def test_a_withheld_record_leaves_no_trace(worlds, make, role):
    without, with_secrets = worlds
    stranger = make.officer(nation="MX", role=role)
    assert all_seen(without, stranger) == all_seen(with_secrets, stranger)


def test_it_is_seen_by_its_originator(worlds, make):
    without, with_secrets = worlds
    friend = make.officer(nation="US")
    seen, seen_without = all_seen(with_secrets, friend), all_seen(without, friend)
    assert sum(a != b for a, b in zip(seen, seen_without, strict=True)) > 10


def test_a_withheld_change_sends_no_row(worlds, make):
    view, _ = worlds
    live = Live(view=view, database=None)
    stranger = live.join(make.officer(nation="MX"), "binary")
    friend = live.join(make.officer(nation="US"), "binary")
    severe = make.assessment(2, band="severe")
    row = {"document": severe, "originator": "US", "releasable_to": ["US"]}
    view.assessed([row])
    document = dict(id="s", mmsis=["000000003"], status="open", started_at="2026-03-01T12:00:00Z")
    event = {"timeline": "live", "document": document, "originator": "US", "releasable_to": ["US"]}
    view.happened([event])
    live.fan_out([event])
    assert stranger._messages[2] == encode(view.frame(make.officer())[:0], kind=1, sequence=1)
    assert len(friend._messages[2]) == 16 + 2 * 27
    assert '"s"' not in stranger._messages[3]
    assert '"s"' in friend._messages[3]


async def test_a_withheld_record_leaves_no_trace_in_what_is_stored(world, make):
    stranger, friend = await world.sign(nation="MX"), await world.sign(nation="US")
    await world.store("events", *[make.event(f"p{i}", 200000001) for i in range(3)])
    await world.store_assessment(make.assessment(200000001))
    paths = (
        "/v1/events?limit=2",
        "/v1/events?limit=3",
        "/v1/vessels/200000001/events",
        "/v1/vessels/200000001/assessments",
        "/v1/vessels/200000001/assessments?limit=1",
    )
    before = [await (await world.get(p, stranger)).read() for p in paths]
    secret = dict(originator="US", releasable_to=["US"])
    await world.store("events", *[make.event(f"s{i}", 200000001, **secret) for i in range(3)])
    await world.store_assessment(make.assessment(200000001, at="2026-03-01T13:00:00Z"), **secret)
    assert [await (await world.get(p, stranger)).read() for p in paths] == before
    seen = [await (await world.get(p, friend)).read() for p in paths]
    assert all(a != b for a, b in zip(seen, before, strict=True))
