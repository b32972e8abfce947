import asyncio
import io
import json
import logging
import random
from datetime import timedelta
from itertools import pairwise

from yarl import URL

from api.http import bodies
from api.http.application import OPERATIONS
from api.http.params import write_cursor
from api.numbers import Numbers
from api.settings import Settings

NEEDS_KEY = [o for o in OPERATIONS if o.access == "key"]


BODIES = [
    b"", b"{", b"[]", b"null", b"{}", b"\xff", b"[" * 5000, b'{"reason": "\\u0000"}',
    b'{"reason": null}', b'{"changes": [3]}', b'{"changes": [], "seconds": 1e999}',
    b'{"id": "x", "nation": "US", "position": [null, 0]}', b'{"position": {"a": 1}}',
]  # fmt: skip
"""Not one of them makes sense to any operation."""


def path_of(operation, number=1):
    path = operation.path.replace("{mmsi}", "200000001").replace("{number}", str(number))
    return path.replace("{id}", 10 * "0a").replace("{unlocode}", "PABLB")


async def ask(world, operation, query="", headers=None, number=1):
    path = path_of(operation, number) + query
    return await world.client.request(operation.method, path, headers=headers)


async def problem_of(response, status):
    assert response.status == status
    assert response.content_type == "application/problem+json"
    body = await response.json()
    assert body["status"] == status
    assert body["request_id"] == response.headers["X-Request-ID"]
    return body


async def test_nothing_is_served_without_a_key(world):
    for operation in NEEDS_KEY:
        response = await ask(world, operation)
        await problem_of(response, 401)
        assert response.headers["WWW-Authenticate"].startswith("Bearer")


async def test_an_unknown_query_parameter_is_refused_by_name(world):
    headers = await world.sign()
    for operation in OPERATIONS:
        response = await ask(world, operation, "?colour=red", headers)
        body = await problem_of(response, 422)
        assert "colour" in [e["field"] for e in body["errors"]], operation.path


async def test_every_answer_is_of_the_model_it_declares(world, make):
    world.hear(200000001, name="TESTER")
    await world.store_positions(200000001, (-90, 10), (-90.1, 10))
    await world.store_assessment(make.assessment(200000001))
    await world.store("events", make.event("e1", 200000001))
    await world.store("plans", make.plan())
    await world.store("what_ifs", make.kept_what_if())
    await world.live.round()
    headers, number = await world.sign(), await Numbers(world.database).shown("what_if", 1)
    for operation in OPERATIONS:
        if (
            operation.answer is not None
            and operation.method == "GET"
            and "{id}" not in operation.path
        ):
            response = await ask(world, operation, headers=headers, number=number)
            assert response.status == 200, operation.path
            operation.answer.model_validate_json(await response.read())


async def test_a_vessel_carries_both_scores_with_reasons_and_what_is_unknown_is_null(world, make):
    world.view.apply(make.reports(200000001, cog=make.nan), make.no_statics)
    world.view.assessed(
        [{"document": make.assessment(200000001), "originator": "XC", "releasable_to": ["*"]}]
    )
    vessel = await (await world.get("/v1/vessels/200000001", await world.sign())).json()
    assert vessel["position"] == [-90.0, 10.0]
    assert vessel["sog_kn"] == 12.3
    assert vessel["cog_deg"] is None
    assert vessel["name"] is None
    assert vessel["coercion"]["reasons"][0]["contribution"] == 0.01
    assert vessel["smuggling"]["band"] == "low"
    assert vessel["releasable_to"] == ["*"]


async def test_a_vessel_never_heard_is_not_found_and_an_mmsi_has_nine_digits(world):
    headers = await world.sign()
    await problem_of(await world.get("/v1/vessels/200000009", headers), 404)
    await problem_of(await world.get("/v1/vessels/200000009/track", headers), 404)
    body = await problem_of(await world.get("/v1/vessels/20000000x", headers), 422)
    assert body["errors"][0]["field"] == "mmsi"


async def test_the_list_is_read_to_its_end_by_cursors_without_doubles(world):
    world.hear(*range(200000000, 200000025))
    headers, seen, cursor = await world.sign(), [], ""
    while cursor is not None:
        path = "/v1/vessels?limit=10" + (f"&cursor={cursor}" if cursor else "")
        body = await (await world.get(path, headers)).json()
        assert body["count"] == 25
        seen += [v["mmsi"] for v in body["vessels"]]
        cursor = body["next"]
    assert seen == [str(m) for m in range(200000000, 200000025)]


async def test_a_wrong_parameter_is_named(world):
    headers = await world.sign()
    for query, field in (
        ("bbox=1,2,3", "bbox"),
        ("bbox=0,10,1,5", "bbox"),
        ("bbox=nan,0,1,1", "bbox"),
        ("limit=0", "limit"),
        ("limit=5&limit=6", "limit"),
        ("min_band=guilty", "min_band"),
        ("cursor=%21", "cursor"),
        ("cursor=W10", "cursor"),
        ("q=a%00b", "q"),
    ):
        body = await problem_of(await world.get(f"/v1/vessels?{query}", headers), 422)
        assert [e["field"] for e in body["errors"]] == [field]


async def test_several_wrong_parameters_are_all_named(world):
    response = await world.get("/v1/events?kind=party&limit=x&since=noon", await world.sign())
    body = await problem_of(response, 422)
    assert {e["field"] for e in body["errors"]} == {"kind", "limit", "since"}


async def test_a_track_is_the_last_day_as_geojson_or_csv(world):
    await world.store_positions(200000001, (-90, 10), (-90.5, 10.25), step_s=25 * 3600)
    headers = await world.sign()
    track = await (await world.get("/v1/vessels/200000001/track", headers)).json()
    assert track["geometry"] == {"type": "Point", "coordinates": [-90.5, 10.25]}
    path = "/v1/vessels/200000001/track?from=2026-03-01T00:00:00Z&format=csv"
    response = await world.get(path, headers)
    assert response.content_type == "text/csv"
    lines = (await response.text()).splitlines()
    assert lines[1] == (
        "2026-03-01T12:00:00Z,2026-03-01T12:00:00Z,1,200000001,-90.0000000,10.0000000,12.3,,91,0"
    )
    assert len(lines) == 3


async def test_a_track_is_cut_at_the_antimeridian(world):
    await world.store_positions(200000001, (179.8, 1), (179.9, 1), (-179.9, 1))
    track = await (await world.get("/v1/vessels/200000001/track", await world.sign())).json()
    assert track["geometry"]["type"] == "MultiLineString"
    assert track["geometry"]["coordinates"][0] == [[179.8, 1.0], [179.9, 1.0]]


async def test_a_track_backwards_in_time_is_refused(world):
    await world.store_positions(200000001, (-90, 10))
    path = "/v1/vessels/200000001/track?from=2026-03-02&to=2026-03-01"
    await problem_of(await world.get(path, await world.sign()), 422)


async def test_events_are_filtered_and_paged_latest_first(world, make):
    await world.store(
        "events",
        *[
            make.event(f"e{i}", 200000001, started_at=make.noon + timedelta(minutes=i))
            for i in range(5)
        ],
        make.event("elsewhere", 200000002, lon=30.0),
        make.event(
            "over", 200000002, kind="loitering", status="ended",
            started_at=make.noon - timedelta(days=3), ended_at=make.noon - timedelta(days=2),
            detected_at=make.noon - timedelta(days=2),
        ),
    )  # fmt: skip
    headers = await world.sign()

    async def ids(path):
        return [e["id"] for e in (await (await world.get(path, headers)).json())["events"]]

    assert await ids("/v1/events?bbox=-100,0,-80,20&since=2026-03-01") == [
        "e4", "e3", "e2", "e1", "e0",
    ]  # fmt: skip
    assert await ids("/v1/events?kind=loitering") == ["over"]
    assert await ids("/v1/vessels/200000002/events") == ["elsewhere", "over"]
    assert await ids("/v1/events?bbox=20,0,-170,20") == ["elsewhere"]
    first = await (await world.get("/v1/events?limit=2", headers)).json()
    assert first["next"] is not None
    assert await ids(f"/v1/events?limit=2&cursor={first['next']}") == ["e2", "e1"]


async def test_assessments_of_a_vessel_are_newest_first_and_paged(world, make):
    for hour in range(3):
        await world.store_assessment(make.assessment(200000001, at=f"2026-03-01T0{hour}:00:00Z"))
    headers = await world.sign()
    path = "/v1/vessels/200000001/assessments?limit=2"
    first = await (await world.get(path, headers)).json()
    rest = await (await world.get(f"{path}&cursor={first['next']}", headers)).json()
    hours = [a["assessed_at"][11:13] for a in first["assessments"] + rest["assessments"]]
    assert hours == ["02", "01", "00"]
    assert rest["next"] is None


async def test_the_current_plan_and_what_becomes_of_requests(world, make):
    headers = await world.sign()
    await problem_of(await world.get("/v1/plans/current", headers), 404)
    assert (await (await world.get("/v1/requests", headers)).json())["requests"] == []
    await world.store("plans", make.plan())
    await world.live.round()
    plan = await (await world.get("/v1/plans/current", headers)).json()
    assert plan["taskings"][0]["asset"] == plan["assets"][0]["id"] == "a1"
    requests = (await (await world.get("/v1/requests", headers)).json())["requests"]
    assert [r["outcome"]["status"] for r in requests] == ["proposed", "unserved"]
    first = await (await world.get("/v1/requests?limit=1", headers)).json()
    rest = await (await world.get(f"/v1/requests?cursor={first['next']}", headers)).json()
    assert [r["id"] for r in first["requests"] + rest["requests"]] == ["r1", "r2"]


async def test_nothing_that_is_sent_is_a_fault_of_the_service(world):
    chance, headers = random.Random(7), await world.sign()
    words = [
        "",
        "%ff",
        "%00",
        "-1",
        "9" * 30,
        "null",
        "W10",
        "%ED%A0%80",
        "1,2,3,4",
        "%C3%A9",
        "[]",
    ]
    words += [write_cursor(c) for c in (["a"], [10**30, "a", "b"], [-(10**18), "a", "b\0"], {})]
    names = ["bbox", "q", "limit", "cursor", "kind", "since", "from", "to", "format", "%ff", "a%00"]
    for operation in OPERATIONS:
        for _ in range(25):
            given = [(chance.choice(names), chance.choice(words)) for _ in range(2)]
            query = "&".join(f"{name}={word}" for name, word in given)
            path = operation.path.replace("{mmsi}", chance.choice(["200000001", *words[1:6]]))
            for name in ("{id}", "{number}", "{unlocode}"):
                path = path.replace(name, chance.choice(["1", "t1", *words[1:6]]))
            url = URL(f"{path}?{query}", encoded=True)
            response = await world.client.request(
                operation.method, url, headers=headers, allow_redirects=False,
                data=None if operation.method == "GET" else chance.choice(BODIES),
            )  # fmt: skip
            assert response.status in {200, 401, 404, 422, 426}, url


async def test_a_head_is_answered_like_a_get_without_its_body(world):
    response = await world.client.head("/healthz")
    assert response.status == 200
    assert await response.read() == b""


async def test_a_body_that_is_too_large_or_too_slow_is_refused(world, monkeypatch):
    headers = await world.sign()
    response = await world.client.post(
        "/v1/watchlists", headers=headers, data=io.BytesIO(b" " * (1 << 21))
    )
    await problem_of(response, 413)
    monkeypatch.setattr(bodies, "BODY_S", 0.05)
    reader, writer = await asyncio.open_connection(world.client.host, world.client.port)
    head = (
        f"POST /v1/watchlists HTTP/1.1\r\nHost: x\r\nAuthorization: {headers['Authorization']}\r\n"
    )
    writer.write(f"{head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{".encode())
    async with asyncio.timeout(30):
        assert (await reader.readline()).startswith(b"HTTP/1.1 408 ")
    writer.transport.abort()


async def test_unknown_paths_and_methods_are_problems_too(world):
    await problem_of(await world.get("/v1/nothing"), 404)
    response = await world.client.delete("/v1/vessels")
    await problem_of(response, 405)
    assert "GET" in response.headers["Allow"]


async def test_a_fault_tells_nothing_but_its_number(world, caplog):
    world.view.vessels = None
    with caplog.at_level(logging.CRITICAL):
        body = await problem_of(await world.get("/v1/vessels", await world.sign()), 500)
    assert "NoneType" not in json.dumps(body)


async def test_a_database_that_is_away_is_503(world):
    headers = await world.sign()
    await world.database.close()
    await problem_of(await world.get("/v1/events", headers), 503)


async def test_health_is_open_and_readiness_says_which_stage_is_not(world):
    assert (await world.get("/healthz")).status == 200
    assert (await world.get("/readyz")).status == 200
    world.stages["watch"] = False
    response = await world.get("/readyz")
    assert response.status == 503
    assert (await response.json())["stages"] == {"gateway": True, "watch": False}


async def test_metrics_are_for_this_machine_and_for_officers(world):
    text = await (await world.get("/metrics")).text()
    assert "safepassage_http_requests_total" in text
    for disguise in ({"X-Forwarded-For": "10.0.0.1"}, {"Host": "evil.example"}):
        await problem_of(await world.get("/metrics", disguise), 401)
        assert (await world.get("/metrics", disguise | await world.sign())).status == 200
        partner = disguise | await world.sign(role="naval_partner")
        await problem_of(await world.get("/metrics", partner), 403)


async def test_every_response_carries_the_security_headers(world):
    for path in ("/", "/healthz", "/v1/vessels", "/nowhere", "/docs"):
        headers = (await world.get(path)).headers
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"


async def test_a_long_answer_is_compressed_for_who_can_read_it(world):
    world.hear(*range(200000000, 200000100))
    headers = await world.sign()
    plain = await world.get("/v1/vessels", headers | {"Accept-Encoding": "identity"})
    packed = await world.get("/v1/vessels", headers | {"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert (await plain.json())["vessels"] == (await packed.json())["vessels"]


async def test_the_page_is_served_where_it_is_built_and_nothing_beside_it(world, tmp_path):
    response = await world.get("/")
    assert response.status == 503
    assert "make page" in await response.text()
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<p>page")
    (tmp_path / "assets" / "index-1.js").write_text("1")
    (tmp_path / "secret.txt").write_text("no")
    assert await (await world.get("/")).text() == "<p>page"
    asset = await world.get("/assets/index-1.js")
    assert asset.content_type in {"text/javascript", "application/javascript"}
    assert "immutable" in asset.headers["Cache-Control"]
    for path in ("/assets/../secret.txt", "/assets/%2e%2e/secret.txt", "/assets/none.js"):
        assert (await world.get(path)).status == 404


async def test_the_human_page_lists_every_operation(world):
    text = await (await world.get("/docs", await world.sign())).text()
    assert all(o.path in text for o in OPERATIONS)


def test_operations_do_not_share_a_path_and_method():
    keys = sorted((o.path, o.method) for o in OPERATIONS)
    assert all(a != b for a, b in pairwise(keys))


async def test_the_query_never_reaches_the_log(world, caplog):
    with caplog.at_level(logging.DEBUG):
        await world.get("/sign-in?token=verysecret")
    assert "/sign-in" in caplog.text
    assert "verysecret" not in "".join(r.getMessage() for r in caplog.records if "api" in r.name)


def test_secrets_do_not_show_in_the_settings():
    settings = Settings(database_url="postgresql://u:hunter2@h/d")
    assert "hunter2" not in repr(settings)
