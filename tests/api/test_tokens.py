"""Tokens of an identity provider: a real small issuer on loopback, real signatures."""

import time

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from api.auth import TOKENS
from api.http.problem import NotSignedInError
from api.tokens import AGAIN_S, KEYS_S, Tokens, checked
from sea.errors import UnavailableError

KEYS = {name: ECKey.generate_key("P-256", {"kid": name}) for name in ("first", "second")}


class Issuer:
    """Says which keys are its own, as long as it is up."""

    def __init__(self):
        self.published, self.asked, self.up, self.says = ["first"], 0, True, None
        application = web.Application()
        application.router.add_get("/.well-known/openid-configuration", self._discovery)
        application.router.add_get("/keys", self._keys)
        self.server = TestServer(application)

    async def start(self):
        await self.server.start_server()
        self.url = str(self.server.make_url("")).rstrip("/")
        return self

    async def _discovery(self, _request):
        return web.json_response(
            {"issuer": self.says or self.url, "jwks_uri": f"{self.url}/keys"},
            status=200 if self.up else 500,
        )

    async def _keys(self, _request):
        self.asked += 1
        return web.json_response(
            {"keys": [KEYS[name].as_dict(private=False) for name in self.published]}
        )

    def token(self, kid="first", *, key=None, alg="ES256", without=(), **changes):
        claims = {
            "iss": self.url, "aud": "safepassage", "sub": "ana", "exp": int(time.time()) + 60,
            "safepassage_role": "planner", "safepassage_nation": "MX",
        } | changes  # fmt: skip
        kept = {name: value for name, value in claims.items() if name not in without}
        return jwt.encode({"alg": alg, "kid": kid}, kept, key or KEYS[kid])


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
async def issuer():
    made = await Issuer().start()
    yield made
    await made.server.close()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def tokens(issuer, clock):
    return Tokens(issuer.url, "safepassage", clock=clock)


async def test_a_token_of_the_issuer_names_a_principal(issuer, tokens):
    principal = await tokens.principal(issuer.token(safepassage_ports=["PAONX"]))
    assert principal.name == "ana@127.0.0.1"
    assert (principal.role, principal.nation, principal.ports) == ("planner", "MX", ("PAONX",))
    assert principal.credential == "token"


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://evil.example"}, {"aud": "another"}, {"exp": 1}, {"sub": ""},
        {"sub": "a\0b"}, {"nbf": 9_999_999_999}, {"safepassage_role": "god"},
        {"safepassage_nation": "mx"}, {"safepassage_nation": 3}, {"safepassage_ports": "PAONX"},
        {"safepassage_ports": ["Panama"]}, {"without": ("exp",)}, {"without": ("aud",)},
        {"without": ("sub",)}, {"without": ("safepassage_role",)},
        {"key": KEYS["second"]},
    ],
)  # fmt: skip
async def test_a_token_that_is_not_wholly_right_opens_nothing(issuer, tokens, wrong):
    with pytest.raises(NotSignedInError):
        await tokens.principal(issuer.token(**wrong))


async def test_a_signature_by_a_secret_made_of_the_public_key_is_refused(issuer, tokens):
    public = KEYS["first"].as_pem(private=False)
    forged = issuer.token(key=OctKey.import_key(public.replace(b"-----", b"")), alg="HS256")
    with pytest.raises(NotSignedInError):
        await tokens.principal(forged)


async def test_a_token_cut_or_changed_is_refused(issuer, tokens):
    head, body, signature = issuer.token().split(".")
    other = issuer.token(safepassage_role="admin").split(".")[1]
    for text in (f"{head}.{other}.{signature}", f"{head}.{body}.", f"e30.{body}.{signature}",
                 f"{head}.{body}.{signature[:-4]}", "a.b.c"):  # fmt: skip
        with pytest.raises(NotSignedInError):
            await tokens.principal(text)


async def test_keys_are_fetched_once_and_again_when_old_or_when_a_token_names_a_new_one(
    issuer, tokens, clock
):
    for _ in range(3):
        await tokens.principal(issuer.token())
    assert issuer.asked == 1
    issuer.published = ["first", "second"]
    clock.now += AGAIN_S
    await tokens.principal(issuer.token("second"))
    assert issuer.asked == 2
    clock.now += KEYS_S
    await tokens.principal(issuer.token())
    assert issuer.asked == 3


async def test_made_up_key_ids_cost_the_issuer_one_question_in_a_while(issuer, tokens):
    for _ in range(5):
        with pytest.raises(NotSignedInError):
            await tokens.principal(issuer.token("second"))
    assert issuer.asked == 1


async def test_a_withdrawn_key_opens_nothing_any_more(issuer, tokens, clock):
    await tokens.principal(issuer.token())
    issuer.published = ["second"]
    clock.now += KEYS_S
    with pytest.raises(NotSignedInError):
        await tokens.principal(issuer.token())


async def test_known_keys_serve_while_the_issuer_is_away_and_without_any_it_is_said(
    issuer, tokens, clock
):
    issuer.up = False
    with pytest.raises(UnavailableError):
        await tokens.principal(issuer.token())
    issuer.up = True
    clock.now += AGAIN_S
    await tokens.principal(issuer.token())
    issuer.up = False
    clock.now += KEYS_S
    await tokens.principal(issuer.token())


async def test_an_issuer_that_says_it_is_another_is_not_believed(issuer, tokens):
    issuer.says = "https://evil.example"
    with pytest.raises(UnavailableError):
        await tokens.principal(issuer.token())


@pytest.mark.parametrize("url", ["http://evil.example/keys", "file:///etc/passwd", "//x/keys"])
def test_keys_come_by_https_or_from_this_machine(url):
    with pytest.raises(ValueError, match="not https"):
        checked(url)
    assert checked("https://login.example.org/keys")


async def test_a_token_opens_the_api_and_one_that_is_over_is_401(world, issuer):
    bearer = {"Authorization": f"Bearer {issuer.token()}"}
    assert (await world.get("/v1/me", bearer)).status == 401
    world.application._state[TOKENS] = Tokens(issuer.url, "safepassage")
    me = await (await world.get("/v1/me", bearer)).json()
    assert (me["name"], me["role"], me["nation"]) == ("ana@127.0.0.1", "planner", "MX")
    assert (await world.get("/v1/audit", bearer)).status == 403
    over = {"Authorization": f"Bearer {issuer.token(exp=1)}"}
    assert (await world.get("/v1/me", over)).status == 401
