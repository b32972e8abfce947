"""What reports add, told to each audience: as if the reports it may not see did not exist."""

from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.briefing import Briefing, document_of
from api.live import Live
from api.store_reports import Changes
from api.telling import Telling
from api.view import View
from api.watch import plan_readers
from api.writing import Sharing
from ingest.batch import StaticBatch
from ingest.picture import Picture
from risk.assess import Assessor
from risk.assessment import assessment_document
from risk.evidence import Evidence
from risk.intelligence import IntelligenceReport
from risk.report import IncidentReport, ReportedShip
from risk.watchlist import WatchEntry
from sea.units import HOUR_US

ASSESSOR = Assessor()
THEN = datetime(2026, 3, 1, 11, tzinfo=UTC)
SHIPS = tuple(range(200000001, 200000011))
KINDS = {IncidentReport: "incident", WatchEntry: "watchlist", IntelligenceReport: "intelligence"}


class Sea:
    """Ten merchant ships at anchor, half a degree apart, assessed at noon."""

    def __init__(self, make):
        self.make, self.noon = make, make.noon_us
        lon = [-98.0 + i / 2 for i in range(len(SHIPS))]
        self.heard = [make.reports(m, lon=x, lat=12.0, sog=0.0, nav_status=1)
                      for m, x in zip(SHIPS, lon, strict=True)]  # fmt: skip
        self.statics = StaticBatch.concat(make.static(m, name=f"SHIP {m % 100:02d}") for m in SHIPS)
        self.picture = Picture()
        for reports in self.heard:
            self.picture.apply(reports)
        self.picture.apply_static(self.statics)
        self.made = ASSESSOR.assess(self.picture, Evidence(), self.noon)

    def told(self, *reports, telling=None):
        """Rows after a tick with these reports: (value, originator, releasable_to)."""
        telling = telling or Telling(Briefing(), ASSESSOR.hazard)
        telling.briefing.take(changes(len(reports), *reports))
        return telling.assessed(self.picture, (), self.made)

    def view(self, rows):
        """What people see after these supplements."""
        view = View()
        for reports in self.heard:
            view.apply(reports, self.make.no_statics)
        release = dict(originator="XC", releasable_to=["*"])
        view.assessed([{"document": assessment_document(a), **release} for a in self.made])
        view.supplemented(
            dict(mmsi=r.mmsi, score=r.score, audience=r.audience, document=r.document) for r in rows
        )
        return view

    def boarding(self, number=0, *, ship=0):
        return IncidentReport(id=f"i{number}", kind="boarding", lon=-98.0 + ship / 2, lat=12.0,
                              at=self.noon - HOUR_US, source=f"s{number}")  # fmt: skip

    def watched(self, number=0, *, ship=0):
        return WatchEntry(id=f"w{number}", mmsi=SHIPS[ship], valid_from=self.noon, owner="o",
                          reason="r")  # fmt: skip

    def known(self, number=0, *, ship=0):
        return IntelligenceReport(id=f"n{number}", at=self.noon, text="t",
                                  ship=ReportedShip(mmsi=SHIPS[ship]))  # fmt: skip


def changes(revision, *reports, retracted=()):
    return Changes(
        revision=revision,
        reports=[
            dict(id=value.id, kind=KINDS[type(value)], originator=originator,
                 document=msgspec.json.encode(document_of(value)), releasable_to=list(nations),
                 reported_at=THEN)
            for value, originator, nations in reports
        ],
        retractions=[dict(report_id=i, reason="", retracted_at=THEN) for i in retracted],
        judgements=[],
    )  # fmt: skip


@pytest.fixture(scope="module")
def sea(make):
    return Sea(make)


def all_seen(view, principal):
    stream = Live(view=view, database=None)
    frames = stream.join(principal, "json")
    return [
        view.vessels(principal, limit=100),
        view.vessels(principal, min_band="elevated", limit=1),
        view.counts(principal),
        frames._messages[0],
    ]


def test_an_incident_raises_ships_near_it_and_their_scores_are_the_sum_of_their_reasons(sea, make):
    rows = sea.told((sea.boarding(), "XC", "*"))
    assert {r.mmsi for r in rows} == {SHIPS[0]}
    before = sea.view([]).vessel(SHIPS[0], make.officer())["coercion"]
    after = sea.view(rows).vessel(SHIPS[0], make.officer())["coercion"]
    assert after["probability"] > 2 * before["probability"]
    assert after["low"] < after["probability"] < after["high"]
    assert sum(r["contribution"] for r in after["reasons"]) == pytest.approx(
        after["probability"], abs=1e-9
    )
    assert {r["code"] for r in after["reasons"]} >= {"reported", "live_threat"}
    assert after["reasons"][-1]["report_ids"] == ["i0"]


def test_a_watch_list_hit_and_intelligence_are_reasons_of_the_priority(sea, make):
    rows = sea.told((sea.watched(), "XC", "*"), (sea.known(), "XC", "*"))
    score = sea.view(rows).vessel(SHIPS[0], make.officer())["smuggling"]
    assert {r["code"] for r in score["reasons"]} >= {"watch_list", "intelligence"}
    assert score["priority"] == pytest.approx(25 + 30 * 0.25)
    assert score["band"] == "elevated"


def test_a_port_authority_sees_what_incidents_add_and_not_what_police_work_does(sea, make):
    told = [(sea.watched(), "MX", "*"), (sea.boarding(), "MX", "*")]
    port = make.officer(role="port_authority")
    seen, plain = (sea.view(r).vessel(SHIPS[0], port) for r in (sea.told(*told), []))
    assert seen["smuggling"] == plain["smuggling"]
    assert seen["coercion"]["probability"] > plain["coercion"]["probability"]


def test_its_nation_alone_sees_what_a_report_of_its_own_adds(sea, make):
    view = sea.view(sea.told((sea.watched(), "US", ()), (sea.boarding(ship=3), "US", ())))
    plain = sea.view([])
    stranger, friend = make.officer(nation="MX"), make.officer(nation="US")
    assert all_seen(view, stranger) == all_seen(plain, stranger)
    assert view.vessel(SHIPS[0], friend)["smuggling"]["band"] == "elevated"
    assert view.vessel(SHIPS[3], friend)["coercion"] != plain.vessel(SHIPS[3], friend)["coercion"]


releases = st.sampled_from([("XC", "*"), ("US", ()), ("US", ("MX",)), ("CO", ()), ("MX", "*")])
stories = st.lists(
    st.tuples(
        st.sampled_from(["boarding", "watched", "known"]), st.integers(0, 9), releases,
        st.booleans(),
    ),
    max_size=7,
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(
    stories,
    st.sampled_from(["MX", "US", "CO", "PA"]),
    st.sampled_from(["watch_officer", "port_authority"]),
)
def test_each_sees_what_he_would_if_the_reports_he_may_not_see_did_not_exist(
    sea, make, story, nation, role
):
    """Told in two parts, some reports as news between ticks, then the next tick."""
    reader = make.officer(nation=nation, role=role)

    def seen(keep):
        telling = Telling(Briefing(), ASSESSOR.hazard)
        rows, first = sea.told(telling=telling), []
        for number, (kind, ship, (originator, nations), late) in enumerate(story):
            told = getattr(sea, kind)(number, ship=ship), originator, nations
            if not keep(originator, nations):
                continue
            if late:
                rows += telling.reported(telling.briefing.take(changes(number + 1, told)))
            else:
                first.append((number, told))
        for number, told in first:
            telling.briefing.take(changes(100 + number, told))
        rows += telling.assessed(sea.picture, (), sea.made)
        return all_seen(sea.view(rows), reader)

    assert seen(lambda *_: True) == seen(lambda o, n: o == nation or "*" in n or nation in n)


def test_a_report_between_ticks_is_told_of_as_the_next_tick_would(sea):
    late, whole = (Telling(Briefing(), ASSESSOR.hazard) for _ in range(2))
    sea.told(telling=late)
    told = [(sea.boarding(), "XC", "*"), (sea.watched(ship=4), "XC", "*")]
    rows = late.reported(late.briefing.take(changes(2, *told)))
    assert rows == sea.told(*told, telling=whole)
    assert len(rows) == 2


def test_a_retraction_takes_away_what_the_report_added(sea, make):
    telling = Telling(Briefing(), ASSESSOR.hazard)
    told = [(sea.boarding(), "XC", "*"), (sea.watched(), "XC", "*")]
    rows = sea.told(*told, telling=telling)
    taken = changes(9, retracted=("i0", "w0"))
    rows += telling.reported(telling.briefing.take(taken))
    assert all_seen(sea.view(rows), make.officer()) == all_seen(sea.view([]), make.officer())


def test_what_is_no_news_is_not_written_again_nor_after_a_restart(sea):
    telling = Telling(Briefing(), ASSESSOR.hazard)
    told = [(sea.boarding(), "XC", "*"), (sea.watched(), "US", ())]
    rows = sea.told(*told, telling=telling)
    assert rows
    assert telling.assessed(sea.picture, (), sea.made) == []
    again = Telling(Briefing(), ASSESSOR.hazard)
    again.recall(
        dict(mmsi=r.mmsi, score=r.score, audience=r.audience, document=r.document) for r in rows
    )
    assert sea.told(*told, telling=again) == []


def test_a_nation_first_named_later_reads_what_everybody_does_until_it_knows_more(sea, make):
    telling = Telling(Briefing(), ASSESSOR.hazard)
    rows = sea.told((sea.watched(), "XC", "*"), telling=telling)
    more = sea.known(ship=5), "US", ("CO",)
    rows += telling.reported(telling.briefing.take(changes(9, more)))
    view, co = sea.view(rows), make.officer(nation="CO")
    assert view.vessel(SHIPS[0], co)["smuggling"]["priority"] == pytest.approx(25)
    assert view.vessel(SHIPS[5], co)["smuggling"]["priority"] == pytest.approx(7.5)


def test_plans_rest_on_incidents_that_all_their_readers_may_know_of(sea):
    def risk(report, sharing):
        telling = Telling(Briefing(), ASSESSOR.hazard, plan_readers(sharing))
        sea.told(report, telling=telling)
        return sum(p.risk.sum() for p in telling.for_plans(sea.made, 0.0))

    plain = sum(p.risk.sum() for p in sea.made.passages())
    everybody = Sharing(originator="XC", releasable_to=("*",))
    two = Sharing(originator="US", releasable_to=("CO",))
    assert risk((sea.boarding(), "XC", "*"), everybody) > plain
    assert risk((sea.boarding(), "US", ("CO",)), everybody) == plain
    assert risk((sea.boarding(), "US", ("CO",)), two) > plain
    assert risk((sea.boarding(), "US", ()), two) == plain


def test_a_row_says_of_which_state_of_the_reports_it_was_reckoned(sea):
    rows = sea.told((sea.boarding(), "XC", "*"))
    assert {r.reports_revision for r in rows} == {1}
    assert {r.assessed_at for r in rows} == {sea.noon}
    assert np.isfinite([t["amount"] for r in rows for t in r.document["told"]]).all()
