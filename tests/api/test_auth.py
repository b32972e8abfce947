import re

import pytest

from api import auth, store_keys
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
