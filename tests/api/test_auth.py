import re
from datetime import timedelta

import pytest
from aiohttp.test_utils import TestClient, TestServer

from api import auth, store_keys
from api.guard import Rates
from api.http.application import make_application
from api.http.auditing import AUDIT
from api.http.context import RATES
from api.live import Live
from api.settings import Settings
from api.view import View
from sea.errors import BadInputError


async def test_a_key_is_shown_once_and_stored_hashed(database, make):
    key = await auth.create_key(database, make.officer())
    assert re.fullmatch(r"sp_[A-Za-z0-9_-]{43}", key)
    row = await database.fetchrow("SELECT * FROM keys")
    assert row["prefix"] == key[:9]
    assert key not in str(dict(row))
    assert "hash" not in dict((await store_keys.keys(database))[0])


async def test_a_key_opens_and_a_revoked_one_does_not(world):
    headers = await world.sign(role="planner", nation="CO")
    me = await (await world.get("/v1/me", headers)).json()
    assert (me["role"], me["nation"], me["node"], me["exercise"]) == ("planner", "CO", "XC", "test")
    assert await auth.revoke_key(world.database, me["name"])
    assert (await world.get("/v1/me", headers)).status == 401
    assert not await auth.revoke_key(world.database, me["name"])


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer sp_short", "Basic dXNlcjpwYXNz", "Bearer sp_" + "A" * 43, ""]
)
async def test_a_header_that_is_no_key_of_ours_is_401(world, header):
    assert (await world.get("/v1/me", {"Authorization": header})).status == 401


async def test_a_key_with_the_prefix_of_another_does_not_open(world):
    key = (await world.sign())["Authorization"]
    forged = key[:20] + ("A" * (len(key) - 20))
    assert (await world.get("/v1/me", {"Authorization": forged})).status == 401


async def test_a_sign_in_link_works_once_and_gives_a_session(world, make):
    token = await auth.create_sign_in_link(world.database, make.officer())
    response = await world.get(f"/sign-in?token={token}", allow_redirects=False)
    assert response.status == 303
    assert response.headers["Location"] == "/"
    cookie = response.cookies["sp_session"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert (await (await world.get("/v1/me")).json())["name"] == "Ana"
    again = await world.get(f"/sign-in?token={token}", allow_redirects=False)
    assert again.status == 401
    assert "used up" in await again.text()
    stored = str([dict(r) for r in await world.database.fetch("SELECT * FROM sessions")])
    assert token not in stored
    assert cookie.value not in stored


async def test_an_old_link_and_an_old_session_do_not_open(world, make):
    old = await auth.create_sign_in_link(world.database, make.officer(), hours=-1)
    assert (await world.get(f"/sign-in?token={old}", allow_redirects=False)).status == 401
    token = await auth.create_sign_in_link(world.database, make.officer())
    await world.get(f"/sign-in?token={token}", allow_redirects=False)
    await world.database.execute("UPDATE sessions SET expires_at = now() - interval '1 s'")
    assert (await world.get("/v1/me")).status == 401


async def test_a_link_token_is_not_a_session(world, make):
    token = await auth.create_sign_in_link(world.database, make.officer())
    response = await world.get("/v1/me", {"Cookie": f"sp_session={token}"})
    assert response.status == 401


@pytest.mark.parametrize(
    ("field", "value"),
    [("role", "god"), ("nation", "mx"), ("ports", ("Panama",)), ("name", " ")],
)
async def test_a_principal_that_makes_no_sense_gets_no_key(database, make, field, value):
    with pytest.raises(BadInputError) as caught:
        await auth.create_key(database, make.officer(**{field: value}))
    assert caught.value.field == field


async def test_a_name_is_given_to_one_key_only(database, make):
    await auth.create_key(database, make.officer())
    with pytest.raises(BadInputError, match="already"):
        await auth.create_key(database, make.officer())


async def test_a_key_ends_with_its_life(world, make):
    key = await auth.create_key(world.database, make.officer(), life=timedelta(days=1))
    headers = {"Authorization": f"Bearer {key}"}
    assert (await world.get("/v1/me", headers)).status == 200
    await world.database.execute("UPDATE keys SET expires_at = now()")
    assert (await world.get("/v1/me", headers)).status == 401


async def test_a_rotated_key_is_good_beside_its_successor_until_its_own_end(world, make):
    database, overlap = world.database, timedelta(hours=1)
    keys = [await auth.create_key(database, make.officer(ports=("PAONX",), scopes=("read",)))]

    async def opens():
        return [
            (await world.get("/v1/me", {"Authorization": f"Bearer {key}"})).status == 200
            for key in keys
        ]

    keys.append(await auth.rotate_key(database, "Ana", overlap=overlap))
    assert await opens() == [True, True]
    kept = await database.fetchrow("SELECT ports, scopes FROM keys WHERE superseded_at IS NULL")
    assert (kept["ports"], kept["scopes"]) == (["PAONX"], ["read"])
    keys.append(await auth.rotate_key(database, "Ana", overlap=overlap))
    assert await opens() == [False, True, True]
    await database.execute("UPDATE keys SET expires_at = now() WHERE expires_at IS NOT NULL")
    assert await opens() == [False, False, True]
    assert await auth.revoke_key(database, "Ana")
    assert await opens() == [False, False, False]
    with pytest.raises(BadInputError, match="no key in force"):
        await auth.rotate_key(database, "Ana", overlap=overlap)


async def test_a_key_is_good_for_its_scopes_alone(world):
    reads = await world.sign(scopes=("read",))
    assert (await world.get("/v1/vessels", reads)).status == 200
    assert (await world.get("/v1/audit", reads)).status == 403
    assert (await world.get("/v1/live", reads)).status == 403
    refused = await world.client.post("/v1/watchlists", headers=reads, json={})
    assert refused.status == 403
    assert "scope write" in (await refused.json())["detail"]
    audits = await world.sign(scopes=("audit",))
    assert (await world.get("/v1/vessels", audits)).status == 403
    assert (await world.get("/v1/audit", audits)).status == 200


async def test_it_is_known_when_a_key_was_used_last(world):
    headers = await world.sign()
    assert await world.database.fetchval("SELECT last_used_at FROM keys") is None
    await world.get("/v1/me", headers)
    used = await world.database.fetchval("SELECT last_used_at FROM keys")
    await world.get("/v1/me", headers)
    assert await world.database.fetchval("SELECT last_used_at FROM keys") == used


async def test_who_guesses_keys_or_links_is_locked_out_and_who_is_signed_in_is_not(world):
    known, fresh = await world.sign(), await world.sign()
    assert (await world.get("/v1/me", known)).status == 200

    async def guess(i):
        wrong = f"{i:02d}" + 41 * "A"
        if i % 2:
            return await world.get(f"/sign-in?token={wrong}")
        return await world.get("/v1/me", {"Authorization": f"Bearer sp_{wrong}"})

    assert [(await guess(i)).status for i in range(12)] == 10 * [401] + 2 * [429]
    response = await world.get("/v1/me", fresh)
    assert response.status == 429
    assert 0 < int(response.headers["Retry-After"]) <= 900
    assert (await world.get("/v1/me", known)).status == 200
    await world.application[AUDIT].flush()
    denied = await world.database.fetchval("SELECT count(*) FROM audit WHERE action = 'denial'")
    assert denied == 10


async def test_who_asks_too_often_has_to_wait_and_the_others_do_not(world):
    world.application._state[RATES] = Rates(per_s=0.001, burst=3)
    eager, other = await world.sign(), await world.sign()
    answers = [await world.get("/v1/me", eager) for _ in range(4)]
    assert [a.status for a in answers] == [200, 200, 200, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert answers[-1].content_type == "application/problem+json"
    assert (await world.get("/v1/me", other)).status == 200


async def test_a_session_ends_when_it_is_signed_out(world, make):
    token = await auth.create_sign_in_link(world.database, make.officer())
    await world.get(f"/sign-in?token={token}", allow_redirects=False)
    own = {"Origin": f"http://{world.client.host}:{world.client.port}"}
    cookie = {"Cookie": f"sp_session={session_of(world)}"}
    assert (await world.client.post("/v1/sign-out", headers=own)).status == 204
    assert (await world.get("/v1/me", cookie)).status == 401
    token = await auth.create_sign_in_link(world.database, make.officer())
    await world.get(f"/sign-in?token={token}", allow_redirects=False)
    assert (await world.get("/v1/me")).status == 200
    assert await auth.sign_out(world.database, "Ana") == 1
    assert (await world.get("/v1/me")).status == 401


def session_of(world):
    return next(c.value for c in world.client.session.cookie_jar if c.key == "sp_session")


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "own", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "own", "Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "own", "Sec-Fetch-Site": "same-origin"}, 422),
        ({"Origin": "own"}, 422),
    ],
)
async def test_a_session_writes_for_the_services_own_page_alone(world, make, given, status):
    token = await auth.create_sign_in_link(world.database, make.officer())
    await world.get(f"/sign-in?token={token}", allow_redirects=False)
    own = f"http://{world.client.host}:{world.client.port}"
    headers = {name: own if value == "own" else value for name, value in given.items()}
    response = await world.client.post("/v1/watchlists", headers=headers, json={})
    assert response.status == status


async def test_behind_https_the_cookie_is_secure_and_bound_to_the_host(database, make, tmp_path):
    settings = Settings(data_dir=tmp_path, public_url="https://watch.example.org")
    view = View()
    application = make_application(
        settings=settings, database=database, view=view, page=tmp_path, ready=dict,
        live=Live(view=view, database=database), hotspots=lambda *_: {},
    )  # fmt: skip
    token = await auth.create_sign_in_link(database, make.officer())
    async with TestClient(TestServer(application)) as client:
        response = await client.get(f"/sign-in?token={token}", allow_redirects=False)
    cookie = response.cookies["__Host-sp_session"]
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Strict")
    assert (cookie["path"], cookie["domain"]) == ("/", "")
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000"
