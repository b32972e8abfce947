from typing import get_args

import hypothesis.strategies as st
import pytest
from hypothesis import given

from api.policy import ROLES, Kind, Principal, Release, allowed, may_report, may_take_back

nations = st.sampled_from(["MX", "US", "CO", "PA"])
principals = st.builds(Principal, name=st.just("p"), role=st.sampled_from(ROLES), nation=nations)
releases = st.builds(
    Release,
    kind=st.sampled_from(get_args(Kind)),
    originator=nations,
    releasable_to=st.lists(st.one_of(nations, st.just("*")), unique=True).map(tuple),
)


def release(**changes):
    return Release(**{"kind": "event", "originator": "MX", "releasable_to": ("US",)} | changes)


@pytest.mark.parametrize(("nation", "sees"), [("MX", True), ("US", True), ("CO", False)])
def test_a_record_is_seen_by_its_originator_and_by_whom_it_is_releasable_to(nation, sees):
    assert allowed(Principal(name="p", role="watch_officer", nation=nation), release()) is sees


def test_the_coalition_is_everybody():
    principal = Principal(name="p", role="naval_partner", nation="CO")
    assert allowed(principal, release(releasable_to=("*",)))


@pytest.mark.parametrize("kind", ["plan", "coverage", "watchlist", "intelligence"])
def test_a_port_authority_sees_no_plans_coverage_or_police_work_of_its_own_nation(kind):
    port = Principal(name="p", role="port_authority", nation="MX")
    assert not allowed(port, release(kind=kind, releasable_to=("*",)))
    assert allowed(port, release(kind="event"))


@given(principals, releases, nations)
def test_releasing_to_one_more_nation_never_hides_a_record(principal, record, nation):
    wider = Release(
        kind=record.kind,
        originator=record.originator,
        releasable_to=(*record.releasable_to, nation),
    )
    assert allowed(principal, wider) >= allowed(principal, record)


@given(principals, principals, releases)
def test_principals_of_one_audience_see_the_same(one, other, record):
    if one.audience == other.audience:
        assert allowed(one, record) is allowed(other, record)


@given(principals, releases)
def test_nobody_takes_back_what_is_another_nations_or_not_for_his_role(principal, record):
    if may_take_back(principal, record):
        assert principal.nation == record.originator
        assert may_report(principal, record.kind)
        assert allowed(principal, record)
