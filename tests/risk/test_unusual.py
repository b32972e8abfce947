"""The second opinion: who sails unlike the others of her waters, and in what."""

import numpy as np
import pytest

from risk.unusual import WHAT, Fixes, UnusualParams, compare, opinions, waters_of
from sea.units import HOUR_US

HOUR = HOUR_US
NOW = 24 * HOUR
LON, LAT = -80.0, -2.0


def fixes_of(rows):
    mmsi, at, lon, lat, sog, cog = map(np.array, zip(*rows, strict=True))
    return Fixes(mmsi=mmsi.astype(np.int64), at=at.astype(np.int64), lon=lon.astype(float),
                 lat=lat.astype(float), sog=sog.astype(float), cog=cog.astype(float))  # fmt: skip


def a_lane(ships=30, seed=2):
    """Ships that sail north at 11 to 15 kn, some 2 nm wide, five fixes each."""
    chance = np.random.default_rng(seed)
    return [
        (200_000_000 + ship, NOW - hour * HOUR, LON + chance.normal(0, 0.015),
         LAT + chance.uniform(-0.1, 0.1), 13 + chance.normal(0, 0.8), 360 * (chance.random() < 0.5)
         + chance.normal(0, 4))
        for ship in range(ships) for hour in range(5)
    ]  # fmt: skip


def a_ship(mmsi=999, dlon=0.0, sog=13.0, cog=2.0):
    return [(mmsi, NOW - hour * HOUR, LON + dlon, LAT, sog, cog) for hour in range(5)]


@pytest.mark.parametrize(
    ("odd", "what"),
    [(dict(sog=4.0), "sog"), (dict(cog=95.0), "course"), (dict(dlon=0.14), "place")],
)
def test_a_ship_unlike_the_others_is_first_and_the_reason_says_in_what(odd, what):
    found = opinions(fixes_of(a_lane() + a_ship(**odd)), NOW)
    assert found[999].rank == 1.0
    assert found[999].ships == 31
    told, hers, low, high = found[999].reasons[0]
    assert told == what
    assert not low <= hers <= high


def test_a_ship_like_the_others_has_no_reason_and_does_not_stand_out():
    found = opinions(fixes_of(a_lane() + a_ship()), NOW)
    assert found[999].reasons == ()
    assert found[999].rank < 0.8


def test_the_way_back_is_as_usual_as_the_way_out():
    found = opinions(fixes_of(a_lane() + a_ship(cog=179.0)), NOW)
    assert found[999].reasons[0][0] == "course"
    back = a_lane() + [(m + 1000, t, x, y, s, c + 180) for m, t, x, y, s, c in a_lane()]
    assert opinions(fixes_of(back + a_ship(cog=179.0)), NOW)[999].reasons == ()


def test_where_too_few_others_sail_nobody_is_judged():
    few = a_lane(ships=UnusualParams().others - 1)
    assert opinions(fixes_of(few + a_ship(sog=4.0)), NOW) == {}
    assert 999 not in opinions(fixes_of(a_lane() + a_ship(sog=4.0)[:2]), NOW)


def test_only_what_she_did_lately_judges_her():
    old = [(m, t - 12 * HOUR, x, y, s, c) for m, t, x, y, s, c in a_ship(sog=4.0)]
    assert 999 not in opinions(fixes_of(a_lane() + old), NOW)


def test_a_ship_is_never_her_own_yardstick():
    """However many fixes of hers there are, the others alone say what is usual."""
    once, often = fixes_of(a_lane() + a_ship(sog=4.0)), fixes_of(a_lane() + a_ship(sog=4.0) * 20)
    apart = [
        compared.apart[compared.fixes.mmsi == 999][0, WHAT.index("sog")]
        for compared in (compare(f, UnusualParams()) for f in (once, often))
    ]
    assert apart[0] == pytest.approx(apart[1], rel=0.2)
    assert apart[0] < -5


def test_the_order_of_fixes_changes_nothing():
    rows = a_lane() + a_ship(sog=6.0)
    assert opinions(fixes_of(rows), NOW) == opinions(fixes_of(rows[::-1]), NOW)


def test_her_waters_are_the_cells_she_sailed_lately():
    far = [(m + 5000, t, x + 20, y, s, c) for m, t, x, y, s, c in a_lane()]
    held = waters_of(fixes_of(a_lane() + far + a_ship()), 999, NOW, UnusualParams())
    assert 999 in held.mmsi
    assert (held.mmsi < 300_000_000).all()
    assert held.lon.max() < LON + 1
    assert len(waters_of(fixes_of(a_lane()), 999, NOW, UnusualParams())) == 0
