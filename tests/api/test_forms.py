"""An alert in the forms that partners read."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import takproto
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st

from api.channel.parcel import RefusedError
from api.form.cap import NAMESPACE, cap_alert
from api.form.cloudevent import cloud_event
from api.form.cot import MS_PER_KN, cot_event
from api.form.letter import letter
from api.form.oth_gold import LINE, oth_gold

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture(scope="module")
def schema():
    return xmlschema.XMLSchema(DATA / "cap12.xsd")


@pytest.fixture(scope="module")
def a_parcel(make):
    return make.parcel


@pytest.mark.parametrize("phase", ["raised", "withdrawn"])
@pytest.mark.parametrize("exercise", [None, "pacific"])
def test_cap_is_valid_and_says_whether_it_is_an_exercise(schema, phase, exercise, a_parcel):
    document = cap_alert(a_parcel(phase, exercise))
    schema.validate(document.decode())
    root = ET.fromstring(document)

    def text(name):
        return root.findtext(f"{{{NAMESPACE}}}{name}")

    assert text("status") == ("Exercise" if exercise else "Actual")
    assert text("msgType") == ("Alert" if phase == "raised" else "Cancel")
    sent = {"raised": "2026-03-01T12:00:05-00:00", "withdrawn": "2026-03-01T13:00:00-00:00"}
    assert text("sent") == sent[phase]
    assert (text("references") is not None) == (phase == "withdrawn")


def test_the_schema_refuses_what_cap_refuses(schema, a_parcel):
    good = cap_alert(a_parcel()).decode()
    for right, wrong in (
        ("-00:00</sent>", "Z</sent>"), (":05-00:00", ":05.1-00:00"), (">Moderate<", ">Bad<"),
        ("<scope>Restricted</scope>", ""),
    ):  # fmt: skip
        assert right in good
        assert not schema.is_valid(good.replace(right, wrong))


@settings(max_examples=40, deadline=None)
@given(name=st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_a_ship_of_any_name_gives_well_formed_messages(name, a_parcel, make):
    parcel = a_parcel(vessels=[make.vessel(name=name)], exercise="pacific",
                      target={"to": ["b@example.org"]})  # fmt: skip
    ET.fromstring(cap_alert(parcel))
    ET.fromstring(cot_event(parcel))
    oth_gold(parcel).decode("ascii")
    letter(parcel, "a@example.org").as_bytes()


def test_a_marker_is_a_merchant_of_unknown_affiliation_at_metres_a_second(a_parcel):
    event = ET.fromstring(cot_event(a_parcel()))
    assert (event.get("type"), event.get("version")) == ("a-u-S-X-M", "2.0")
    point = event.find("point")
    assert (point.get("lat"), point.get("lon")) == ("-1.400000", "-81.234567")
    track = event.find("detail/track")
    assert float(track.get("speed")) == pytest.approx(10 * MS_PER_KN, abs=0.01)
    risk = event.find("detail/__risk")
    assert (risk.get("rule"), risk.get("severity")) == ("loitering", "warning")
    assert risk.get("releasable_to") == "MX,US"


def test_a_withdrawn_marker_is_stale_at_once_under_the_same_uid(a_parcel):
    raised, withdrawn = (ET.fromstring(cot_event(a_parcel(p))) for p in ("raised", "withdrawn"))
    assert raised.get("uid") == withdrawn.get("uid")
    assert withdrawn.get("stale") == withdrawn.get("time") == "2026-03-01T13:00:00Z"
    assert raised.get("stale") == "2026-03-02T12:00:00Z"


def test_an_alert_without_a_position_is_no_marker(a_parcel):
    with pytest.raises(RefusedError):
        cot_event(a_parcel(position=None))


def test_takproto_reads_the_marker_with_its_risk(a_parcel):
    message = takproto.parse_proto(bytearray(cot_event(a_parcel())))
    assert message.cotEvent.type == "a-u-S-X-M"
    assert message.cotEvent.lon == pytest.approx(-81.234567)
    assert 'severity="warning"' in message.cotEvent.detail.xmlDetail


def test_an_oth_gold_message_has_short_lines_of_fields_and_an_end(a_parcel):
    lines = oth_gold(a_parcel(exercise="pacific")).decode("ascii").split("\r\n")[:-1]
    assert all(len(line) <= LINE for line in lines)
    assert re.fullmatch(r"MSGID/GOLD/SAFE PASSAGE XC/\d{4}/MAR", lines[0])
    assert lines[1] == "EXER/PACIFIC"
    assert lines[2] == "CTC/T412000001/TESTER/MER////CN"
    assert lines[3] == "POS/011200Z4/MAR2026/012400S7/0811200W2/AIS////272T/10K"
    assert lines[-1] == "ENDAT"
    assert any(line.startswith("RMKS/") for line in lines)


def test_a_cloud_event_has_the_same_id_however_often_it_is_made(a_parcel):
    assert cloud_event(a_parcel()) == cloud_event(a_parcel())
    assert b'"id":"' + a_parcel().id.encode() in cloud_event(a_parcel())


def test_a_letter_says_the_same_in_plain_text_and_html_and_marks_an_exercise(a_parcel, make):
    made = letter(a_parcel(exercise="pacific", target={"to": ["b@example.org"]},
                           vessels=[make.vessel(name="<B>&CO")]), "a@example.org")  # fmt: skip
    assert "EXERCISE pacific" in made["Subject"]
    plain, html = made.get_body(("plain",)), made.get_body(("html",))
    assert "not an accusation" in plain.get_content()
    assert "&lt;B&gt;&amp;CO" in html.get_content()
    assert "<B>" not in re.sub("&lt;B", "", html.get_content())
    assert made["Message-ID"] == f"<{a_parcel().id}.s1@example.org>"
