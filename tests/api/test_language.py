"""Reasons in the reader's language."""

import pytest

REASON = {
    "code": "slow", "text": "Under way below 10 kn, easy to board from a boat.",
    "contribution": 0.01, "event_ids": [], "innocent_explanation": "", "sentence": "slow",
    "values": {"below": 10.0},
}  # fmt: skip
SPANISH = "Navega a menos de 10 kn, fácil de abordar desde una lancha."


@pytest.fixture
async def slow_ship(world, make):
    document = make.assessment(200000001)
    document["coercion"]["reasons"] = [REASON]
    world.hear(200000001)
    world.view.assessed([{"document": document, "originator": "XC", "releasable_to": ["*"]}])
    await world.store_assessment(document)
    return world


async def first_reason(world, path, headers):
    body = await (await world.get(path, headers)).json()
    body = body.get("vessels", body.get("assessments", [body]))[0]
    return body["coercion"]["reasons"][0]["text"]


@pytest.mark.parametrize(
    "path", ["/v1/vessels?", "/v1/vessels/200000001?", "/v1/vessels/200000001/assessments?"]
)
async def test_every_answer_with_reasons_speaks_the_language_asked_for(slow_ship, path):
    headers = await slow_ship.sign()
    assert await first_reason(slow_ship, path, headers) == REASON["text"]
    assert await first_reason(slow_ship, f"{path}lang=es", headers) == SPANISH
    wished = {**headers, "Accept-Language": "de-DE, es-MX;q=0.8, en;q=0.5"}
    assert await first_reason(slow_ship, path, wished) == SPANISH
    assert await first_reason(slow_ship, f"{path}lang=en", wished) == REASON["text"]


@pytest.mark.parametrize("header", ["", "*", "de", "zz;q=x", "en, es;q=0.9", ";;,,q"])
async def test_without_a_language_of_ours_it_is_english(slow_ship, header):
    headers = {**await slow_ship.sign(), "Accept-Language": header}
    assert await first_reason(slow_ship, "/v1/vessels/200000001", headers) == REASON["text"]


async def test_a_language_that_is_not_ours_is_refused(slow_ship):
    response = await slow_ship.get("/v1/vessels?lang=de", await slow_ship.sign())
    assert response.status == 422
