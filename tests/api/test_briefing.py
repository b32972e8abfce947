"""What a briefing knows does not depend on the portions in which it was told."""

from datetime import UTC, datetime

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from api.briefing import Briefing, document_of
from api.policy import anybody
from api.store_reports import Changes
from risk.report import IncidentReport
from sea.instants import parse_utc
from sea.units import HOUR_US

NIGHT = parse_utc("2026-03-01T06:30:00Z")
THEN = datetime(2026, 3, 1, 7, tzinfo=UTC)

reports = st.tuples(st.integers(0, 3), st.floats(-77.4, -77.0), st.sampled_from(["*", "US"]))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("report"), reports),
        st.tuples(st.just("retract"), st.integers(0, 5)),
        st.tuples(st.just("judge"), st.tuples(st.integers(0, 5), st.integers(0, 5), st.booleans())),
    ),
    max_size=8,
)  # fmt: skip


def changes_of(story):
    """One portion of changes a step; steps about reports that are not there yet are left out."""
    portions, known = [], 0
    for kind, said in story:
        reported, retracted, judged = [], [], []
        if kind == "report":
            hours, lon, nation = said
            value = IncidentReport(id=f"r{known}", kind="boarding", at=NIGHT + hours * HOUR_US,
                                   lon=lon, lat=-12.0, source=f"s{known}")  # fmt: skip
            reported = [dict(id=value.id, kind="incident", originator="XC", releasable_to=[nation],
                             document=msgspec.json.encode(document_of(value)),
                             reported_at=THEN)]  # fmt: skip
            known += 1
        elif kind == "retract" and said < known:
            retracted = [dict(report_id=f"r{said}", reason="", retracted_at=THEN)]
        elif kind == "judge" and max(said[:2]) < known and said[0] != said[1]:
            judged = [dict(one=f"r{said[0]}", two=f"r{said[1]}", same=said[2])]
        portions.append(Changes(revision=len(portions) + 1, reports=reported, retractions=retracted,
                                judgements=judged))  # fmt: skip
    return portions


@settings(deadline=None, max_examples=60)
@given(steps)
def test_incidents_taken_in_bit_by_bit_are_those_of_all_at_once(story):
    asked, late = Briefing(), Briefing()
    readers = anybody(), anybody("US")
    for portion in changes_of(story):
        asked.take(portion)
        for reader in readers:
            asked.incidents(reader)
        late.take(portion)
    for reader in readers:
        assert asked.incidents(reader) == late.incidents(reader)
