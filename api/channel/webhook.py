"""Webhooks: a POST signed as Standard Webhooks says; never unsigned, never redirected."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Final

import aiohttp
from standardwebhooks import Webhook
from yarl import URL

from api.channel.parcel import AwayError, Parcel, RefusedError
from api.form.forms import written
from api.outward import ForbiddenAddressError, Guard, GuardedResolver

SEND_S: Final = 10.0
CONNECT_S: Final = 5.0
ANSWER_BYTES: Final = 500
_LATER: Final = frozenset({408, 425, 429})
_GONE: Final = 410


class WebhookSender:
    """Posts to the URLs of subscriptions.

    Args:
        plain, secure: sessions for http, which only allowed networks get, and https.
    """

    def __init__(
        self, guard: Guard, plain: aiohttp.ClientSession, secure: aiohttp.ClientSession
    ) -> None:
        self._guard = guard
        self._plain, self._secure = plain, secure

    async def send(self, parcel: Parcel) -> None:
        """Returns when the receiver answered 2xx."""
        if not parcel.secrets:
            raise RefusedError("there is no secret to sign with", final=True)
        url = URL(parcel.target["url"])
        plain = url.scheme == "http"
        try:
            self._guard.check(url.host or "", plain=plain)
            session = self._plain if plain else self._secure
            body, media_type = written(parcel)
            async with session.post(
                url, data=body, headers=signed(parcel, body) | {"Content-Type": media_type},
                allow_redirects=False,
            ) as response:  # fmt: skip
                await _judge(response)
        except ForbiddenAddressError as error:
            raise RefusedError(str(error)) from None
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            cause = _forbidden(error)
            if cause is not None:
                raise RefusedError(str(cause)) from None
            raise AwayError(f"{type(error).__name__}: {error}"[:ANSWER_BYTES]) from None


def signed(parcel: Parcel, body: bytes) -> dict[str, str]:
    """Headers of Standard Webhooks: id, time, and a signature by each secret in force."""
    now = datetime.now(UTC)
    text = body.decode()
    signatures = [Webhook(secret).sign(parcel.id, now, text) for secret in parcel.secrets]
    return {
        "webhook-id": parcel.id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


async def _judge(response: aiohttp.ClientResponse) -> None:
    if 200 <= response.status < 300:
        return
    answer = (await response.content.read(ANSWER_BYTES)).decode("utf-8", "replace")
    text = f"{response.status} {response.reason}: {answer}".strip(": ")
    if response.status >= 500 or response.status in _LATER:
        raise AwayError(text)
    raise RefusedError(text, final=response.status == _GONE)


def _forbidden(error: BaseException | None) -> ForbiddenAddressError | None:
    """The guard's refusal, if that is what is behind the error."""
    while error is not None and not isinstance(error, ForbiddenAddressError):
        error = error.__cause__ or error.__context__
    return error


@asynccontextmanager
async def webhook_sender(guard: Guard) -> AsyncIterator[WebhookSender]:
    """A sender with its connections."""
    timeout = aiohttp.ClientTimeout(total=SEND_S, connect=CONNECT_S)
    sessions = [
        aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=GuardedResolver(guard, plain=plain), use_dns_cache=False, limit=0
            ),
            timeout=timeout, trust_env=False, cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "SafePassage"},
        )
        for plain in (True, False)
    ]  # fmt: skip
    async with sessions[0] as first, sessions[1] as second:
        yield WebhookSender(guard, first, second)
