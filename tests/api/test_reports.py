"""Reports by HTTP on a real database: told, merged, taken back, and hidden from whom they are."""

import asyncio

import asyncpg
import pytest

from api.briefing import Briefing
from api.http.answers_reports import Incident, Incidents, IntelligenceReport, WatchEntry
from api.policy import anybody
from api.telling import Telling
from risk.assess import Assessor
from risk.evidence import Evidence
from risk.hazard import HazardField

FIELD = HazardField.fit()
BOARDING = {
    "kind": "boarding", "at": "2026-03-01T06:30:00Z", "position": [-77.2, -12.05],
    "activity": "anchored", "ship": {"imo": 9074729, "name": "TESTER"}, "source": "port control",
    "reliability": "B", "credibility": 2, "narrative": "Four men.", "releasable_to": ["*"],
}  # fmt: skip
ENTRY = {"mmsi": "200000001", "owner": "Port of Callao", "reason": "hull search",
         "releasable_to": ["*"]}  # fmt: skip
NEWS = {"at": "2026-03-01T06:30:00Z", "text": "Load aboard", "ship": {"mmsi": "200000001"},
        "releasable_to": ["*"]}  # fmt: skip


async def post(world, path, body, headers, status=201, **more):
    response = await world.client.post(path, json=body, headers={**headers, **more})
    told = await response.json()
    assert response.status == status, told
    return told


async def get(world, path, headers, status=200):
    response = await world.get(path, headers)
    assert response.status == status
    return await response.json()


async def test_a_reported_incident_is_listed_and_read(world):
    headers = await world.sign()
    told = await post(world, "/v1/incidents", BOARDING, headers)
    Incident.model_validate(told)
    assert told["position"] == [-77.2, -12.05]
    assert told["reports"][0]["originator"] == "MX"
    assert told["count"] == pytest.approx(0.81)
    listed = await get(world, "/v1/incidents", headers)
    Incidents.model_validate(listed)
    assert listed["incidents"] == [told]
    assert await get(world, f"/v1/incidents/{told['id']}", headers) == told


async def test_two_reports_of_one_event_are_one_incident_with_both(world):
    mx, us = await world.sign(), await world.sign(nation="US")
    await post(world, "/v1/incidents", BOARDING, mx)
    other = BOARDING | {"at": "2026-03-01T07:30:00Z", "source": "the master"}
    told = await post(world, "/v1/incidents", other, us)
    assert [r["originator"] for r in told["reports"]] == ["MX", "US"]
    assert told["count"] == pytest.approx(1 - 0.19**2)
    assert len((await get(world, "/v1/incidents", mx))["incidents"]) == 1


async def test_a_person_may_part_and_join_reports(world):
    headers = await world.sign()
    one = await post(world, "/v1/incidents", BOARDING, headers)
    two = await post(world, "/v1/incidents", BOARDING, headers)
    second = two["reports"][1]["id"]
    path = f"/v1/incidents/{one['id']}/judgement"
    said = {"other": second, "same": False, "reason": "two nights"}
    assert len((await post(world, path, said, headers, 200))["reports"]) == 1
    assert len((await post(world, path, said | {"same": True}, headers, 200))["reports"]) == 2


async def test_a_retracted_report_stays_to_be_seen_with_its_reason(world):
    headers = await world.sign()
    told = await post(world, "/v1/incidents", BOARDING, headers)
    path = f"/v1/incidents/{told['id']}/retraction"
    gone = await post(world, path, {"reason": "a drill"}, headers, 200)
    assert gone["status"] == "retracted"
    assert gone["count"] == 0
    assert gone["reports"][0]["retraction"] == "a drill"
    assert (await get(world, "/v1/incidents", headers))["incidents"] == []
    assert (await get(world, "/v1/incidents?retracted=true", headers))["incidents"] == [gone]
    again = await post(world, path, {"reason": "another"}, headers, 200)
    assert again == gone


async def test_nobody_takes_back_the_report_of_another_nation(world):
    told = await post(world, "/v1/incidents", BOARDING, await world.sign())
    us = await world.sign(nation="US")
    await post(world, f"/v1/incidents/{told['id']}/retraction", {"reason": "x"}, us, 403)


async def test_no_row_of_a_report_can_be_changed_or_deleted(world):
    await post(world, "/v1/incidents", BOARDING, await world.sign())
    for statement in ("UPDATE reports SET originator = 'US'", "DELETE FROM reports"):
        with pytest.raises(asyncpg.RaiseError, match="only ever added to"):
            await world.database.execute(statement)


async def test_the_same_request_twice_is_one_report_and_another_body_is_a_conflict(world):
    headers = await world.sign()
    key = {"Idempotency-Key": "a1"}
    one = await post(world, "/v1/incidents", BOARDING, headers, **key)
    two = await post(world, "/v1/incidents", BOARDING, headers, **key)
    assert one == two
    await post(world, "/v1/incidents", BOARDING | {"kind": "other"}, headers, 409, **key)
    other = await world.sign()
    assert len((await post(world, "/v1/incidents", BOARDING, other, **key))["reports"]) == 2


@pytest.mark.parametrize(
    ("path", "body", "fields"),
    [
        ("incidents", {"kind": "party", "position": [1]}, {"kind", "at", "position.1"}),
        ("incidents", BOARDING | {"position": [0, 91]}, {"position"}),
        ("incidents", BOARDING | {"colour": "red"}, {"colour"}),
        ("incidents", BOARDING | {"at": "2190-01-01T00:00:00Z"}, {"at"}),
        ("incidents", BOARDING | {"ship": {"imo": 9074720}}, {"ship.imo"}),
        ("incidents", BOARDING | {"reliability": "G", "credibility": 7},
         {"reliability", "credibility"}),
        ("incidents", BOARDING | {"releasable_to": ["mexico"]}, {"releasable_to.0"}),
        ("incidents", BOARDING | {"narrative": "a\x00b"}, {"narrative"}),
        ("watchlists", {"owner": "x", "reason": "y"}, {"name"}),
        ("watchlists", ENTRY | {"imo": 9074720}, {"imo"}),
        ("watchlists", ENTRY | {"name": "A*"}, {"name"}),
        ("intelligence", NEWS | {"ship": None}, {"ship"}),
        ("intelligence", NEWS | {"place": {"position": [0, 0], "radius_nm": 900}},
         {"place.radius_nm"}),
        ("intelligence", NEWS | {"route": {"destination": "Callao"}}, {"route.destination"}),
    ],
)  # fmt: skip
async def test_every_wrong_field_of_a_body_is_named(world, path, body, fields):
    told = await post(world, f"/v1/{path}", body, await world.sign(), 422)
    assert {e["field"] for e in told["errors"]} == fields


async def test_a_body_that_is_no_json_is_refused(world):
    headers = await world.sign()
    response = await world.client.post("/v1/incidents", data=b"{", headers=headers)
    assert response.status == 422
    assert (await response.json())["errors"][0]["field"] == "body"


async def test_a_csv_is_added_once_and_its_bad_lines_are_named(world):
    headers = await world.sign() | {"Content-Type": "text/csv"}
    text = (
        "date,time,longitude,latitude,attack_type,vessel_status\n"
        "2018-12-01,06:30 UTC,-64.7,10.25,Boarded,Anchored\n2018-12-02,,x,1,Boarded,\n"
        "2090-12-02,,1,1,Boarded,\n"
    )
    path = "/v1/incidents/upload?source=IMB&reliability=B&credibility=2&releasable_to=*"
    response = await world.client.post(path, data=text, headers=headers)
    told = await response.json()
    assert response.status == 200
    assert (told["added"], told["known"], told["refused"]) == (1, 0, 2)
    assert [(e["line"], e["field"]) for e in told["errors"]] == [(3, "position"), (4, "at")]
    again = await (await world.client.post(path, data=text, headers=headers)).json()
    assert (again["added"], again["known"]) == (0, 1)
    (incident,) = (await get(world, "/v1/incidents?bbox=-65,10,-64,11", headers))["incidents"]
    assert incident["reports"][0]["source"] == "IMB"
    assert incident["reports"][0]["releasable_to"] == ["*"]


async def test_a_watch_list_entry_is_reported_listed_and_ended(world):
    headers = await world.sign()
    entry = await post(world, "/v1/watchlists", ENTRY, headers)
    WatchEntry.model_validate(entry)
    assert entry["status"] == "in_force"
    assert (await get(world, "/v1/watchlists", headers))["entries"] == [entry]
    response = await world.client.delete(
        f"/v1/watchlists/{entry['id']}?reason=sold", headers=headers
    )
    ended = await response.json()
    assert (ended["status"], ended["retraction"]) == ("retracted", "sold")
    odd = await world.client.delete(f"/v1/watchlists/{entry['id']}?reason=a%00b", headers=headers)
    assert (await odd.json())["errors"][0]["field"] == "reason"
    assert (await get(world, "/v1/watchlists", headers))["entries"] == []
    assert (await get(world, "/v1/watchlists?retracted=true", headers))["entries"] == [ended]


async def test_intelligence_is_reported_listed_and_taken_back(world):
    headers = await world.sign()
    told = await post(world, "/v1/intelligence", NEWS, headers)
    IntelligenceReport.model_validate(told)
    assert (await get(world, "/v1/intelligence", headers))["reports"] == [told]
    response = await world.client.delete(f"/v1/intelligence/{told['id']}", headers=headers)
    assert (await response.json())["retracted_at"] is not None
    assert (await get(world, "/v1/intelligence", headers))["reports"] == []


async def test_a_port_authority_reports_incidents_and_no_police_work(world):
    headers = await world.sign(role="port_authority")
    await post(world, "/v1/incidents", BOARDING, headers)
    for path, body in (("watchlists", ENTRY), ("intelligence", NEWS)):
        await post(world, f"/v1/{path}", body, headers, 403)
        assert next(iter((await get(world, f"/v1/{path}", headers)).values())) == []


async def test_lists_are_read_to_their_end_by_cursors(world):
    headers = await world.sign()
    for day in range(1, 8):
        await post(world, "/v1/incidents", BOARDING | {"at": f"2026-02-0{day}T00:00:00Z"}, headers)
        await post(world, "/v1/watchlists", ENTRY, headers)
    for path, name in (("incidents", "incidents"), ("watchlists", "entries")):
        seen, cursor = [], ""
        while cursor is not None:
            query = f"?limit=3{'&cursor=' + cursor if cursor else ''}"
            part = await get(world, f"/v1/{path}{query}", headers)
            seen += [item["id"] for item in part[name]]
            cursor = part["next"]
        assert len(seen) == len(set(seen)) == 7


async def test_reports_that_are_withheld_leave_no_trace(world):
    stranger, us = await world.sign(nation="CO"), await world.sign(nation="US")
    own = await post(world, "/v1/incidents", BOARDING, await world.sign())
    await post(world, "/v1/watchlists", ENTRY, us)
    paths = ["/v1/incidents", "/v1/incidents?limit=1", f"/v1/incidents/{own['id']}",
             "/v1/watchlists?retracted=true", "/v1/intelligence"]  # fmt: skip
    before = [await (await world.get(p, stranger)).read() for p in paths]
    secret = {"releasable_to": ["US"]}
    same = await post(world, "/v1/incidents", BOARDING | secret, us)
    apart = BOARDING | secret | {"at": "2026-02-01T00:00:00Z"}
    far = await post(world, "/v1/incidents", apart, us)
    entry = await post(world, "/v1/watchlists", ENTRY | secret, us)
    await post(world, "/v1/intelligence", NEWS | secret, us)
    assert [await (await world.get(p, stranger)).read() for p in paths] == before
    assert len(same["reports"]) == 2
    await get(world, f"/v1/incidents/{far['id']}", stranger, 404)
    await get(world, f"/v1/incidents/{same['reports'][1]['id']}", stranger, 404)
    path = f"/v1/incidents/{own['id']}/judgement"
    guess = {"other": far["id"], "same": True, "reason": "x"}
    await post(world, path, guess, stranger, 404)
    response = await world.client.delete(f"/v1/watchlists/{entry['id']}", headers=stranger)
    assert response.status == 404


async def test_reports_as_of_a_revision_can_be_read_again(world):
    headers = await world.sign()
    one = await post(world, "/v1/incidents", BOARDING, headers)
    now = Briefing()
    await now.refresh(world.database)
    await post(world, f"/v1/incidents/{one['id']}/retraction", {"reason": "x"}, headers, 200)
    await post(world, "/v1/incidents", BOARDING | {"kind": "hijacking"}, headers)
    then, later = Briefing(), Briefing()
    await then.refresh(world.database, now.revision)
    await later.refresh(world.database)
    assert then.incidents(anybody()) == now.incidents(anybody())
    assert later.incidents(anybody()) != now.incidents(anybody())


async def test_who_has_read_up_to_a_revision_has_read_all_up_to_it(world):
    headers = await world.sign()
    briefing, read = Briefing(), []

    async def reading():
        while len(read) < 20:
            read.extend(r.id for r in await briefing.refresh(world.database))
            await asyncio.sleep(0)

    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(reading())
        for _ in range(20):
            group.create_task(post(world, "/v1/watchlists", ENTRY, headers))
    assert len(set(read)) == 20


async def test_hot_spots_rise_with_an_incident_for_those_who_may_see_it_alone(world):
    us, stranger = await world.sign(nation="US"), await world.sign(nation="CO")
    world.hear(200000001)
    before = await (await world.get("/v1/hotspots", stranger)).read()
    assert await (await world.get("/v1/hotspots", us)).read() == before
    secret = BOARDING | {"position": [-98.0, 12.0], "releasable_to": [], "at": "2026-03-01T11:00Z"}
    await post(world, "/v1/incidents", secret, us)
    assert await (await world.get("/v1/hotspots", stranger)).read() == before
    seen = (await (await world.get("/v1/hotspots", us)).json())["features"]
    corners = [f["geometry"]["coordinates"][0][0] for f in seen]
    assert any(abs(lon + 98) < 0.2 and abs(lat - 12) < 0.2 for lon, lat in corners)


async def test_what_was_told_is_reckoned_again_from_the_reports_as_of_then(world, make):
    headers = await world.sign()
    world.hear(200000001, lon=-98.0, lat=12.0, sog=0.0, nav_status=1)
    world.view.apply(make.reports(), make.static(200000001))
    made = Assessor(FIELD).assess(world.view.picture, Evidence(), make.noon_us)

    async def told(until=None):
        telling = Telling(Briefing(), FIELD)
        await telling.briefing.refresh(world.database, until)
        return telling.assessed(world.view.picture, (), made)

    near = BOARDING | {"position": [-98.0, 12.0], "ship": {}}
    one = await post(world, "/v1/incidents", near, headers)
    await post(world, "/v1/watchlists", ENTRY | {"valid_from": "2026-02-01T00:00:00Z"}, headers)
    then = await told()
    assert {row.score for row in then} == {"coercion", "smuggling"}
    await post(world, f"/v1/incidents/{one['id']}/retraction", {"reason": "x"}, headers, 200)
    await post(world, "/v1/incidents", near | {"kind": "hijacking"}, headers)
    assert await told() != then
    assert await told(then[0].reports_revision) == then
