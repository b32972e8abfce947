"""Any stored assessment is made again of its inputs, to the bit, out of a real database."""

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from api import writing
from api.cli import main
from api.explanation import explain
from api.policy import Principal
from api.watch import Fleet, Watch
from api.writing import Findings, Sharing
from ingest.batch import ReportBatch, StaticBatch
from ingest.decode import Decoder
from ingest.exercise import Exercise
from ingest.log import PARTITIONS, Entry
from risk.assess import Assessor, AssessParams
from risk.coercion import CoercionParams
from risk.hazard import HazardField
from sea.errors import BadInputError
from sea.instants import from_us, iso_z, parse_utc
from sea.units import HOUR_US, MINUTE_US

pytestmark = pytest.mark.service

START = parse_utc("2026-01-15T00:00:00Z")
HOURS = 14
LATER = from_us(START + 30 * 24 * HOUR_US)
MEXICO = Principal(name="tests", role="naval_partner", nation="MX")
PERU = replace(MEXICO, nation="PE")


@pytest.fixture(scope="module")
def found():
    """What a watch stores of an exercise, assessed each hour."""
    exercise = Exercise("pacific", start_us=START, hours=HOURS, vessels=120, seed=5)
    decoder, watch, found = Decoder(), Watch(Fleet(), Assessor()), Findings()
    for n in range(HOURS):
        begin = START + n * HOUR_US
        lines = exercise.lines(begin, begin + HOUR_US)
        block = decoder.feed(b"".join(line for _, line in lines))
        watch.take(list(_entries(n, block, begin + HOUR_US - MINUTE_US)), found)
        watch.assess(behind=False, found=found)
    return found


def _entries(n, block, watermark):
    for p in (*range(PARTITIONS), -1):
        reports = block.reports.take(block.reports.mmsi % PARTITIONS == p)
        statics = block.statics.take(block.statics.mmsi % PARTITIONS == p)
        if p < 0:
            reports, statics = ReportBatch.empty(), StaticBatch.empty()
        yield Entry(offset=n * 20 + p + 2, partition=p, reports=reports, statics=statics,
                    source="x", timeline="yesterday", sequence=n, watermark=watermark,
                    final=False, pending=0)  # fmt: skip


@pytest.fixture
async def stored(database, found):
    sharing = Sharing(originator="MX", releasable_to=("MX",))
    async with database.acquire() as connection:
        await writing.write(connection, found, sharing)
    return database


async def explained(database, mmsi, at=LATER, timeline=None, who=MEXICO, assessor=None):
    return await explain(database, mmsi, at, timeline, who, assessor or Assessor())


async def test_every_assessment_of_yesterday_is_the_same_to_the_bit_today(stored, found):
    rows = await stored.fetch("SELECT mmsi, assessed_at FROM assessments")
    assessor = Assessor()
    assert len(rows) == len(found.assessments) > 300
    scored = 0
    for row in rows:
        again = await explained(stored, row["mmsi"], row["assessed_at"], assessor=assessor)
        assert (again.differences, again.changed) == ((), ()), row
        scored += bool(again.made.smuggling.priority and again.made.coercion.probability)
    assert scored > 10


async def test_the_assessment_explained_is_the_last_before_the_time(stored, found):
    row = max(found.assessments, key=lambda r: r.assessment.assessed_at)
    mmsi, last_us = row.assessment.mmsi, row.assessment.assessed_at
    assert (await explained(stored, mmsi)).made == row.assessment
    earlier = await explained(stored, mmsi, from_us(last_us - 1), "yesterday")
    assert earlier.made.assessed_at < last_us
    with pytest.raises(BadInputError, match="no assessment of"):
        await explained(stored, mmsi, from_us(START))
    with pytest.raises(BadInputError, match="no assessment of"):
        await explained(stored, mmsi, timeline="live")


async def test_what_a_nation_may_not_see_is_not_explained_to_it(stored, found):
    with pytest.raises(BadInputError, match="no assessment of"):
        await explained(stored, found.assessments[0].assessment.mmsi, who=PERU)


async def test_other_parameters_show_as_differences_number_by_number(stored, found):
    row = next(r for r in found.assessments if r.assessment.coercion.probability > 0)
    other = Assessor(params=AssessParams(coercion=CoercionParams(tanker=2.0, cargo=2.0, slow=2.0)))
    at = from_us(row.assessment.assessed_at)
    again = await explained(stored, row.assessment.mmsi, at, assessor=other)
    assert any(line.startswith("coercion.probability: stored ") for line in again.differences)


async def test_another_hazard_field_is_named(stored, found):
    other = Assessor(replace(HazardField.fit(), hours=np.ones(24)))
    again = await explained(stored, found.assessments[0].assessment.mmsi, assessor=other)
    assert again.changed[0].startswith("made with the hazard field ")


async def test_an_assessment_without_inputs_says_so(stored, found):
    await stored.execute("UPDATE assessments SET inputs = NULL")
    with pytest.raises(BadInputError, match="older than the keeping of inputs"):
        await explained(stored, found.assessments[0].assessment.mmsi)


async def test_the_command_tells_reasons_and_sameness(
    stored, found, api_database_url, tmp_path, monkeypatch, capsys
):
    row = max(found.assessments, key=lambda r: r.assessment.smuggling.priority)
    monkeypatch.setenv("SAFEPASSAGE_DATABASE_URL", api_database_url)
    monkeypatch.setenv("SAFEPASSAGE_NATION", "MX")
    argv = ["explain", f"{row.assessment.mmsi:09d}", "--data-dir", str(tmp_path),
            "--at", iso_z(row.assessment.assessed_at)]  # fmt: skip
    assert await asyncio.to_thread(main, [*argv, "--lang", "es"]) == 0
    told = capsys.readouterr().out
    assert told.splitlines()[-1] == "made again of its inputs: the same to the bit"
    assert row.assessment.smuggling.reasons[0].said("es") in told
    assert await asyncio.to_thread(main, ["explain", "123", "--data-dir", str(tmp_path)]) == 1
    assert "nine digits" in capsys.readouterr().err
