"""Subscriptions: who is told of which alerts, by which channel, and how that goes."""

import base64
import secrets
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Final, Literal

from aiohttp import web
from pydantic import AfterValidator, Field

from api import store_deliveries, store_subscriptions
from api.alert import RULES, Severity
from api.http import answers_alerts as answers
from api.http.bodies import Body, read_body
from api.http.context import CONTEXT, principal_of
from api.http.params import Cursor, Instant, Limit, read_cursor, write_cursor
from api.http.problem import InvalidRequestError, NotFoundError
from api.http.registry import NoParams, Operation, Params, json_response
from api.http.routes_alerts import BOX
from api.http.routes_vessels import cursor_time
from api.http.targets import check_target
from api.policy import may_manage
from api.routing import Channel, Filter, Subscription, owner_of
from sea.instants import iso_z, to_us
from sea.units import SECOND_US
from sea.zones import builtin_zones

FORMER_FOR: Final = timedelta(hours=24)
"""How long a former secret signs beside the new one. Chosen by us: a working day to change it."""

ZONES: Final = frozenset(zone.id for zone in builtin_zones())


def _of(known: Any, what: str) -> Any:
    def check(name: str) -> str:
        if name not in known:
            raise ValueError(f"there is no {what} {name!r}")
        return name

    return AfterValidator(check)


Degrees = Annotated[float, Field(ge=-180, le=180)]


class FilterBody(Body):
    """What is asked for; what is left out asks for all."""

    min_severity: Severity = "warning"
    rules: list[Annotated[str, _of(RULES, "rule")]] = Field(default=[], max_length=100)
    mmsis: list[Annotated[str, Field(pattern=r"^[0-9]{9}$")]] = Field(default=[], max_length=1000)
    bbox: tuple[Degrees, Degrees, Degrees, Degrees] | None = Field(
        default=None, description="west, south, east, north; west > east crosses 180°."
    )
    zones: list[Annotated[str, _of(ZONES, "built-in zone")]] = Field(default=[], max_length=100)
    ports: list[Annotated[str, Field(pattern=r"^[A-Z]{2}[A-Z2-9]{3}$")]] = Field(
        default=[], max_length=100, description="Of the rule `port_call`."
    )
    silence_h: float = Field(
        default=0.0, ge=0, le=24 * 7,
        description="For so long after an alert no other of its rule and vessels is sent.",
    )  # fmt: skip
    valid_from: Instant | None = None
    valid_until: Instant | None = None

    def filter(self) -> Filter:
        """The filter."""
        return Filter(
            min_severity=self.min_severity, rules=tuple(self.rules),
            mmsis=tuple(int(mmsi) for mmsi in self.mmsis), bbox=self.bbox,
            zones=tuple(self.zones), ports=tuple(self.ports), silence_h=self.silence_h,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
        )  # fmt: skip


class SubscriptionBody(Body):
    """Who is to be told of what, by which channel; `target` is as the channel needs it."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,49}$", description="One of your nation.")
    channel: Channel
    target: dict[str, Any] = Field(default={}, description="See docs/partners.")
    filter: FilterBody = FilterBody()


class PreviewBody(Body):
    """A filter to be tried on the alerts of the last week."""

    filter: FilterBody = FilterBody()


class RedeliveryBody(Body):
    """Which deliveries go out again: all dead ones, or those named."""

    deliveries: (
        list[Annotated[str, Field(pattern=r"^[0-9a-f]{20}\.(raised|withdrawn)$")]] | None
    ) = Field(default=None, max_length=1000)


class OneSubscription(Params):
    """Which subscription."""

    id: str = Field(pattern=r"^[0-9a-f]{20}$")


class DeliveriesQuery(OneSubscription):
    """Which of a subscription's deliveries."""

    status: Literal["waiting", "delivered", "dead", "withheld"] | None = None
    limit: Limit = 100
    cursor: Cursor | None = None


async def subscriptions(request: web.Request, _: NoParams) -> dict[str, Any]:
    """Subscriptions that the principal may manage."""
    database, principal = request.app[CONTEXT].database, principal_of(request)
    rows = await store_subscriptions.of_nation(database, principal.nation)
    mine = [row for row in rows if may_manage(principal, owner_of(row))]
    counts = await store_subscriptions.counts(database, *(row["id"] for row in mine))
    return {
        "subscriptions": [
            store_subscriptions.subscription_document(row, counts[row["id"]]) for row in mine
        ]
    }


async def subscribe(request: web.Request, _: NoParams) -> web.Response:
    """The new subscription, with its secret: the only time that is shown."""
    body = await read_body(request, SubscriptionBody)
    target = check_target(request.app[CONTEXT].settings, body.channel, body.target)
    kept = new_secret() if body.channel == "webhook" else target.pop("client_pem", None)
    subscription = Subscription(
        id=secrets.token_hex(10), name=body.name, owner=principal_of(request),
        channel=body.channel, target=target, filter=body.filter.filter(),
    )  # fmt: skip
    _check_times(subscription.filter)
    closed = None if kept is None else request.app[BOX].close(kept)
    await store_subscriptions.add(request.app[CONTEXT].database, subscription, closed)
    shown = await _document(request, subscription.id)
    shown |= {"secret": kept if body.channel == "webhook" else None,
              "preview": await _preview(request, subscription.filter)}  # fmt: skip
    return json_response(shown, status=201)


async def preview(request: web.Request, _: NoParams) -> dict[str, Any]:
    """How many alerts of the last week the filter would have sent."""
    body = await read_body(request, PreviewBody)
    return await _preview(request, body.filter.filter())


async def subscription(request: web.Request, asked: OneSubscription) -> dict[str, Any]:
    """The subscription."""
    return await _document(request, asked.id)


async def end(request: web.Request, asked: OneSubscription) -> dict[str, Any]:
    """The subscription, which has ended; what waits is not sent."""
    shown = await _document(request, asked.id)
    await store_subscriptions.end(request.app[CONTEXT].database, asked.id)
    return shown


async def rotate(request: web.Request, asked: OneSubscription) -> web.Response:
    """The subscription with a new secret; the former one signs beside it for a day."""
    row = await _mine(request, asked.id)
    if row["channel"] != "webhook":
        raise InvalidRequestError([("channel", "only webhooks have a secret")])
    secret = new_secret()
    closed = request.app[BOX].close(secret)
    await store_subscriptions.rotate(request.app[CONTEXT].database, asked.id, closed, FORMER_FOR)
    return json_response(await _document(request, asked.id) | {"secret": secret}, status=201)


async def deliveries(request: web.Request, asked: DeliveriesQuery) -> dict[str, Any]:
    """The subscription's deliveries, newest first."""
    await _mine(request, asked.id)
    after = read_cursor(asked.cursor, tuple[int, str])
    rows = await store_deliveries.deliveries(
        request.app[CONTEXT].database, asked.id, asked.status,
        after and (cursor_time(after[0]), after[1]), asked.limit + 1,
    )  # fmt: skip
    page = rows[: asked.limit]
    last = page[-1] if len(rows) > len(page) else None
    return {
        "deliveries": [_delivery(row) for row in page],
        "next": write_cursor(last and (to_us(last["made_at"]), last["parcel"])),
    }


async def redeliver(request: web.Request, asked: OneSubscription) -> web.Response:
    """How many deliveries are on their way again."""
    await _mine(request, asked.id)
    body = await read_body(request, RedeliveryBody)
    again = await store_deliveries.redeliver(
        request.app[CONTEXT].database, asked.id, body.deliveries
    )
    return json_response({"waiting": again}, status=201)


def new_secret() -> str:
    """A secret as Standard Webhooks writes it: 32 random bytes."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _check_times(wanted: Filter) -> None:
    until = wanted.valid_until
    if until is not None and until <= (wanted.valid_from or time.time_ns() // 1000):
        raise InvalidRequestError([("filter.valid_until", "ends before it begins")])


async def _mine(request: web.Request, subscription_id: str) -> Any:
    """The subscription's row.

    Raises:
        NotFoundError: there is none, or it is not for the principal to manage.
    """
    row = await store_subscriptions.one(request.app[CONTEXT].database, subscription_id)
    if row is None or not may_manage(principal_of(request), owner_of(row)):
        raise NotFoundError(f"there is no subscription {subscription_id}")
    return row


async def _document(request: web.Request, subscription_id: str) -> dict[str, Any]:
    row = await _mine(request, subscription_id)
    counts = await store_subscriptions.counts(request.app[CONTEXT].database, subscription_id)
    return store_subscriptions.subscription_document(row, counts[subscription_id])


async def _preview(request: web.Request, wanted: Filter) -> dict[str, Any]:
    counted = await store_subscriptions.preview(
        request.app[CONTEXT].database, principal_of(request), wanted
    )
    since = time.time_ns() // 1000 // SECOND_US * SECOND_US
    since -= int(store_subscriptions.PREVIEW / timedelta(microseconds=1))
    return {"alerts": counted.total(), "by_rule": dict(counted), "since": iso_z(since)}


def _delivery(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": row["parcel"], "alert_id": row["alert_id"], "phase": row["phase"],
        "status": row["status"], "tries": row["tries"], "made_at": iso_z(to_us(row["made_at"])),
        "due_at": iso_z(to_us(row["due_at"])),
        "ended_at": None if row["ended_at"] is None else iso_z(to_us(row["ended_at"])),
        "last_error": row["last_error"],
    }  # fmt: skip


OPERATIONS: tuple[Operation[Any], ...] = (
    Operation(
        path="/v1/subscriptions",
        summary="Subscriptions to alerts, and how they go",
        tag="alerts",
        handle=subscriptions,
        params=NoParams,
        answer=answers.Subscriptions,
    ),
    Operation(
        path="/v1/subscriptions",
        method="POST",
        summary="Asks to be sent alerts; shows the secret, once",
        tag="alerts",
        handle=subscribe,
        params=NoParams,
        body=SubscriptionBody,
        answer=answers.Subscription,
        success=201,
    ),
    Operation(
        path="/v1/subscriptions/preview",
        scope="read",
        method="POST",
        summary="How many alerts of the last week a filter would have sent",
        tag="alerts",
        handle=preview,
        params=NoParams,
        body=PreviewBody,
        answer=answers.Preview,
    ),
    Operation(
        path="/v1/subscriptions/{id}",
        summary="One subscription",
        tag="alerts",
        handle=subscription,
        params=OneSubscription,
        answer=answers.Subscription,
    ),
    Operation(
        path="/v1/subscriptions/{id}",
        method="DELETE",
        summary="Ends a subscription",
        tag="alerts",
        handle=end,
        params=OneSubscription,
        answer=answers.Subscription,
    ),
    Operation(
        path="/v1/subscriptions/{id}/rotation",
        method="POST",
        summary="A new secret; the former one signs beside it for a day",
        tag="alerts",
        handle=rotate,
        params=OneSubscription,
        answer=answers.Subscription,
        success=201,
    ),
    Operation(
        path="/v1/subscriptions/{id}/deliveries",
        summary="What was sent, what waits and what is dead, newest first",
        tag="alerts",
        handle=deliveries,
        params=DeliveriesQuery,
        answer=answers.Deliveries,
    ),
    Operation(
        path="/v1/subscriptions/{id}/redelivery",
        method="POST",
        summary="Sends dead deliveries again, or those named",
        tag="alerts",
        handle=redeliver,
        params=OneSubscription,
        body=RedeliveryBody,
        answer=answers.Redelivery,
        success=201,
    ),
)
