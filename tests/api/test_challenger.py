"""Training and adopting: refused unless forced, seen beside the table, marked everywhere."""

import asyncio
import io
import runpy
from pathlib import Path

import asyncpg
import pytest

from api import challenger as adoption
from api.challenger_report import report
from api.cli import main
from risk.challenger import EXERCISE, read_challenger
from risk.labels import CODES, read_labels
from risk.smuggling import TABLE_VERSION
from risk.training import train
from sea.errors import BadInputError

WRITE = runpy.run_path(str(Path(__file__).parents[2] / "tools" / "draw_labels.py"))["write"]


def labels_text(rows, synthetic=1):
    text = io.StringIO()
    WRITE(text, rows, 1, synthetic)
    return text.getvalue()


@pytest.fixture(scope="module")
def synthetic():
    return train(read_labels(labels_text(400)))


@pytest.fixture(scope="module")
def earnest():
    """Marked as real for the test's sake; it is drawn like the other."""
    return train(read_labels(labels_text(400, synthetic=0)))


@pytest.fixture
def run_train(tmp_path, capsys):
    def run(rows):
        (tmp_path / "labels.csv").write_text(labels_text(rows))
        out, page = tmp_path / "model.json", tmp_path / "report.html"
        status = main(["train", str(tmp_path / "labels.csv"), "--out", str(out),
                       "--report", str(page)])  # fmt: skip
        return status, capsys.readouterr(), out, page

    return run


def test_a_model_trained_on_exercises_says_so_on_the_terminal_and_in_the_report(run_train):
    status, said, out, page = run_train(400)
    assert status == 0
    assert "SYNTHETIC" in said.out
    assert "-exercise" in said.out
    assert "Synthetic." in page.read_text()
    assert page.read_text().count("(synthetic)") == 2
    assert read_challenger(out.read_bytes()).exercise


def test_fifty_rows_are_not_calibrated_and_the_command_says_why(run_train):
    status, said, _, page = run_train(50)
    assert status == 0
    assert "not calibrated: 32 labels to fit to" in said.out
    assert "the probability" not in said.out
    assert "not calibrated" in page.read_text()


def test_adopting_a_model_of_exercises_is_refused_unless_forced(run_train, capsys):
    _, _, out, _ = run_train(400)
    assert main(["adopt", str(out), "--data-dir", str(out.parent)]) == 1
    said = capsys.readouterr().err
    assert "400 of its 400 labels are of exercises" in said
    assert "--force" in said


def test_a_report_of_earnest_labels_has_no_mark(earnest):
    assert "ynthetic" not in report(earnest)


async def test_the_service_asks_the_adopted_model_beside_the_table_and_names_it(
    world, make, synthetic
):
    world.hear(200000001)
    document = make.assessment(200000001) | {"model": f"test {TABLE_VERSION}"}
    document["smuggling"]["reasons"] = [
        {"code": CODES[0], "text": "", "contribution": 30.0, "event_ids": [],
         "innocent_explanation": ""}
    ]  # fmt: skip
    world.view.assessed([{"document": document, "originator": "XC", "releasable_to": ["*"]}])
    headers = await world.sign()
    before = await (await world.get("/v1/vessels/200000001", headers)).json()
    assert before["challenger"] is None
    with pytest.raises(BadInputError, match="not adopted"):
        await adoption.adopt(world.database, synthetic, by="test", forced=False, nation="XC")
    await adoption.adopt(world.database, synthetic, by="test", forced=True, nation="XC")
    world.asks_anew()
    vessel = await (await world.get("/v1/vessels/200000001", headers)).json()
    assert vessel["smuggling"] == before["smuggling"]
    assert vessel["model"] == f"{before['model']} {synthetic.name}"
    said = vessel["challenger"]
    assert said["exercise"]
    assert EXERCISE in said["note"]
    assert said["log_odds"] == pytest.approx(
        said["baseline"] + sum(p["log_odds"] for p in said["parts"])
    )
    card = await (await world.get("/v1/challenger", headers)).json()
    assert (card["name"], card["exercise"], card["forced"]) == (synthetic.name, True, True)
    await adoption.withdraw(world.database, by="test", nation="XC")
    world.asks_anew()
    after = await (await world.get("/v1/vessels/200000001", headers)).json()
    assert after == before


async def test_a_model_that_cannot_be_read_any_more_is_not_used_and_the_card_says_why(
    world, earnest
):
    await adoption.adopt(world.database, earnest, by="test", forced=False, nation="XC")
    await world.database.execute("UPDATE challengers SET document = replace(document, $1, $2)",
                                 TABLE_VERSION, "table-of-old")  # fmt: skip
    world.asks_anew()
    card = await (await world.get("/v1/challenger", await world.sign())).json()
    assert card["name"] == earnest.name
    assert card["problem"]
    assert card["evaluation"] is None


async def test_a_vessel_that_may_not_be_seen_scored_has_no_opinion_either(world, make, earnest):
    world.hear(200000001)
    document = make.assessment(200000001) | {"model": TABLE_VERSION}
    world.view.assessed([{"document": document, "originator": "XC", "releasable_to": []}])
    await adoption.adopt(world.database, earnest, by="test", forced=False, nation="XC")
    own = await world.get("/v1/vessels/200000001", await world.sign(nation="XC"))
    other = await world.get("/v1/vessels/200000001", await world.sign(nation="US"))
    assert (await own.json())["challenger"] is not None
    assert (await other.json())["challenger"] is None


def test_the_command_adopts_into_the_services_database_and_ends_it_again(
    api_database_url, monkeypatch, run_train, capsys
):
    monkeypatch.setenv("SAFEPASSAGE_DATABASE_URL", api_database_url)
    _, _, out, _ = run_train(400)
    where = ["--data-dir", str(out.parent)]
    assert main(["adopt", str(out), "--force", "--by", "tester", *where]) == 0
    assert "marked: trained on exercises" in capsys.readouterr().out
    assert newest_of(api_database_url).adopted_by == "tester"
    assert newest_of(api_database_url).model.exercise
    assert main(["adopt", "--none", "--by", "tester", *where]) == 0
    assert newest_of(api_database_url).model is None


def newest_of(url):
    async def ask():
        async with asyncpg.create_pool(url, min_size=1, max_size=1) as pool:
            return await adoption.newest(pool)

    return asyncio.run(ask())
