"""Every sentence in every language, and what fills it."""

import re

import pytest

from risk.along import FACTORS
from risk.assessment import Reason, translated
from risk.coercion import WARNINGS
from risk.evidence import KINDS
from risk.incident import Activity
from risk.report import KINDS as INCIDENT_KINDS
from risk.smuggling import AT_WORK, INDICATORS
from risk.wording import LANGUAGES, duration, innocent, instant, position, say, sentences

START = 1_772_360_280_000_000
EVENT = {"code": "S1", "at": [-77.15, -12.05], "start": START, "hours": 2.5,
         "others": [538000002, 351000001], "times": 3, "role": "pilot"}  # fmt: skip
CODES = [
    "context", "ceiling", "contrary", "insufficient_data", "plain", "elsewhere", "not_assessed",
    *FACTORS, *(f"place_{activity.name.lower()}" for activity in Activity),
]  # fmt: skip


def slots(sentence):
    return sorted(re.findall(r"{\w+:?\w*}", sentence))


@pytest.mark.parametrize("key", sentences())
def test_a_sentence_is_in_every_language_with_the_same_values_in_it(key):
    said = sentences()[key]
    assert list(said) == list(LANGUAGES)
    assert all(text.strip() for text in said.values())
    assert {tuple(slots(text)) for text in said.values()} == {tuple(slots(said["en"]))}
    assert {text.count("[") for text in said.values()} == {said["en"].count("[")}
    assert all(text.count("[") == text.count("]") for text in said.values())


def test_every_code_of_the_two_scores_has_its_sentences():
    table = sentences()
    assert set(CODES) <= set(table)
    for row in INDICATORS:
        assert {f"{row.code}.seen", f"{row.code}.innocent"} <= set(table)
    for code in ("reported", "live_threat", "watch_list", "intelligence", "intelligence_waters"):
        assert {code, f"{code}.innocent"} <= set(table)
    incidents = {"other_incident" if kind == "other" else kind for kind in INCIDENT_KINDS}
    assert {f"word.{word}" for word in {*incidents, "by_number", "by_name"}} <= set(table)
    words = {*AT_WORK.values(), "fishing", *(KINDS[i] for i in WARNINGS)}
    assert {f"word.{word}" for word in words} <= set(table)


def test_no_sentence_is_the_same_in_two_languages_but_for_pure_values():
    for key, said in sentences().items():
        if re.sub(r"{.*?}|[^a-zA-Z]", "", said["en"]) and not key.startswith("form."):
            assert len(set(said.values())) == len(LANGUAGES), key


def test_an_event_is_told_in_four_languages():
    assert say("event", EVENT, "en") == (
        "Met another vessel at slow speed, with 538000002 and 351000001 at Callao, "
        "1 Mar 2026 10:18 UTC, for 2.5 h; 3 times in all. Not counted: her ship type is pilot, "
        "whose work this is."
    )
    assert say("event", EVENT, "es").startswith(
        "Se reunió con otro buque a baja velocidad, con 538000002 y 351000001 en Callao, "
        "1 mar 2026 10:18 UTC, durante 2,5 h; 3 veces en total."
    )
    assert say("event", EVENT, "pt").startswith("Encontrou-se com outro navio a baixa velocidade")
    assert say("event", EVENT, "fr").startswith("A rejoint un autre navire à faible vitesse")


def test_a_part_whose_value_lacks_is_left_out():
    open_still = {"code": "S4", "at": [-120.0, 5.0], "start": START, "open": True}
    assert say("event", open_still) == (
        "Was silent where others were heard 05°00.0'N 120°00.0'W, 1 Mar 2026 10:18 UTC, "
        "and still does."
    )


def test_reasons_of_a_document_are_told_in_another_language():
    reason = Reason(code="slow", contribution=0.1, values={"below": 10.0})
    document = {"code": "slow", "sentence": "slow", "values": {"below": 10.0}, "text": reason.text,
                "innocent_explanation": reason.innocent_explanation}  # fmt: skip
    (told,) = translated([document], "pt")
    assert told["text"] == "Navega a menos de 10 kn, fácil de abordar de uma lancha."
    assert told["innocent_explanation"] == innocent("slow", "pt")


def test_a_reason_kept_without_values_stays_as_it_was():
    kept = {"code": "slow", "text": "Under way slowly.", "innocent_explanation": ""}
    assert translated([kept], "fr") == [kept]


def test_numbers_and_days_are_written_as_the_language_does():
    assert [duration(h) for h in (0.7, 2.0, 3.5, 100.0)] == ["42 min", "2 h", "3.5 h", "4 days"]
    assert [duration(3.5, lang) for lang in LANGUAGES] == ["3.5 h", "3,5 h", "3,5 h", "3,5 h"]
    assert instant(START, "fr") == "1 mars 2026 10:18 UTC"
    assert position(-78.07, 12.508, "es") == "12°30.5'N 078°04.2'O"
