"""Delivery: one courier a destination takes what is due to it, in order for each vessel.

outbox -> courier -> channel. At least once: a delivery is struck off after the destination has
it. A destination that is away delays nobody else: it has its own courier, and a circuit that
tries one parcel at a time, ever more seldom, until one goes through.
"""

import asyncio
import logging
import random
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import asyncpg

from api import metrics, store_deliveries
from api.bell import Bell
from api.channel.parcel import AwayError, Parcel, RefusedError, Sender
from api.routing import Channel, Subscription, may_have
from api.secret import SecretBox
from api.store_subscriptions import subscriptions_in_force
from sea.errors import UnavailableError

_log = logging.getLogger(__name__)

AWAY: Final = (
    asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError, asyncpg.InterfaceError,
    asyncpg.TooManyConnectionsError, OSError, TimeoutError,
)  # fmt: skip
"""A database that does not answer is asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryParams:
    """How deliveries are tried.

    Attributes:
        look_s: between looks for what is due, where nothing rings.
        claim_s: how long a courier's claim holds; longer than any send may take.
        together: parcels of different vessels on their way to one destination at once.
        first_s, longest_s: waits after the first failure, doubled with each, up to the longest.
        give_up_s: an alert that could not be delivered for so long is dead; a day, since an
            alert is valid for a day. refusals: after so many answers of no, likewise.
    All chosen by us.
    """

    look_s: float = 1.0
    claim_s: float = 15.0
    together: int = 8
    first_s: float = 1.0
    longest_s: float = 300.0
    give_up_s: float = 24 * 3600.0
    refusals: int = 5

    def backoff_s(self, failures: int, chance: float) -> float:
        """The wait after so many failures; `chance` in 0..1 spreads it over its upper half."""
        whole = min(self.longest_s, self.first_s * 2.0 ** min(failures - 1, 30))
        return whole * (0.5 + chance / 2)


@dataclass(slots=True)
class Circuit:
    """Whether a destination answers; open after all of a round failed."""

    params: DeliveryParams
    failures: int = 0
    open_until: float = 0.0

    def room(self, now: float) -> int:
        """How many parcels may be tried now: none while open, then one to see."""
        if now < self.open_until:
            return 0
        return 1 if self.failures else self.params.together

    def judge(self, arrived: int, away: int, now: float, chance: float) -> None:
        """Takes in what became of a round."""
        if arrived:
            self.failures, self.open_until = 0, 0.0
        elif away:
            self.failures += 1
            self.open_until = now + self.params.backoff_s(self.failures, chance)


@dataclass(slots=True, kw_only=True)
class _Courier:
    subscription: Subscription
    circuit: Circuit
    wake: asyncio.Event = field(default_factory=asyncio.Event)


class Delivery:
    """The couriers of this process."""

    def __init__(
        self,
        database: asyncpg.Pool,
        senders: Mapping[Channel, Sender],
        box: SecretBox,
        bell: Bell,
        params: DeliveryParams | None = None,
    ) -> None:
        self._database = database
        self._senders = senders
        self._box = box
        self._bell = bell
        self._params = params or DeliveryParams()
        self._me = secrets.token_hex(8)
        self._couriers: dict[str, _Courier] = {}

    async def run(self) -> None:
        """Keeps a courier for each subscription, and wakes those with something due."""
        try:
            async with asyncio.TaskGroup() as group:
                tasks: dict[str, asyncio.Task[None]] = {}
                while True:
                    rung = self._bell.rung
                    try:
                        await self._look(group, tasks)
                    except AWAY as error:
                        _log.warning("deliveries wait for the database: %r", error)
                    await self._bell.wait(self._params.look_s, rung)
        finally:
            await self._release()

    async def _look(self, group: asyncio.TaskGroup, tasks: dict[str, asyncio.Task[None]]) -> None:
        due = await store_deliveries.waiting(self._database)
        if due or not tasks:
            in_force = {s.id: s for s in await subscriptions_in_force(self._database)}
            for gone in tasks.keys() - in_force.keys():
                tasks.pop(gone).cancel()
                del self._couriers[gone]
            for each in in_force.keys() & set(due) - tasks.keys():
                courier = _Courier(subscription=in_force[each], circuit=Circuit(self._params))
                self._couriers[each] = courier
                tasks[each] = group.create_task(self._carry(courier), name=f"courier {each}")
        for each in due:
            if each in self._couriers:
                self._couriers[each].wake.set()

    async def _carry(self, courier: _Courier) -> None:
        while True:
            try:
                more = await self._round(courier)
            except AWAY as error:
                _log.warning("a courier waits for the database: %r", error)
                more = False
            if not more:
                await courier.wake.wait()
                courier.wake.clear()

    async def _round(self, courier: _Courier) -> bool:
        """Sends what is due and may be tried; whether to look again at once."""
        subscription, circuit = courier.subscription, courier.circuit
        room = circuit.room(time.monotonic())
        if not room:
            return False
        rows = await store_deliveries.heads(self._database, subscription.id, room)
        claimed = rows and await store_deliveries.claim(
            self._database, subscription.id, self._me, self._params.claim_s
        )
        if not claimed:
            return False
        async with asyncio.TaskGroup() as group:
            sent = [
                group.create_task(self._deliver(subscription, claimed, row), name="parcel")
                for row in rows
            ]
        outcomes = [task.result() for task in sent]
        arrived = sum(outcome == "delivered" for outcome in outcomes)
        away = [outcome for outcome in outcomes if outcome == "away"]
        circuit.judge(arrived, len(away), time.monotonic(), random.random())
        if arrived and claimed["failing_since"] is not None:
            await store_deliveries.failing(self._database, subscription.id, None)
        return not away

    async def _deliver(
        self, subscription: Subscription, claimed: Mapping[str, Any], row: Mapping[str, Any]
    ) -> str:
        """Sends one parcel and notes what became of it; gives that in a word."""
        outcome, why = await self._send(subscription, claimed, row)
        delivery, database = row["delivery"], self._database
        if outcome == "delivered":
            at = await store_deliveries.delivered(database, delivery)
            metrics.DELIVERY_SECONDS.observe((at - row["since"]) / timedelta(seconds=1))
        elif outcome in ("dead", "withheld"):
            await store_deliveries.ended(database, delivery, outcome, why)
        else:
            wait_s = self._params.backoff_s(row["tries"] + 1, random.random())
            await store_deliveries.failed(database, delivery, why, wait_s)
        if outcome in ("away", "refused", "dead"):
            await store_deliveries.failing(database, subscription.id, why)
        metrics.DELIVERIES.labels(subscription.channel, outcome).inc()
        return outcome

    async def _send(
        self, subscription: Subscription, claimed: Mapping[str, Any], row: Mapping[str, Any]
    ) -> tuple[str, str]:
        if claimed["revoked"] or not may_have(subscription.owner, row):
            return "withheld", "the subscription's owner may not have it"
        sender = self._senders.get(subscription.channel)
        if sender is None:
            return "refused", f"this node has no {subscription.channel}"
        closed = [secret for secret in (claimed["secret"], claimed["former"]) if secret]
        try:
            parcel = Parcel(
                subscription=subscription.id, nation=subscription.owner.nation,
                name=subscription.name, phase=row["phase"], document=row["document"],
                target=subscription.target,
                secrets=tuple(self._box.open(secret) for secret in closed),
            )  # fmt: skip
            await sender.send(parcel)
        except RefusedError as error:
            over = error.final or row["tries"] + 1 >= self._params.refusals
            return ("dead" if over else "refused"), str(error)
        except (AwayError, UnavailableError) as error:
            waited = time.time() - row["since"].timestamp()
            return ("dead" if waited >= self._params.give_up_s else "away"), str(error)
        return "delivered", ""

    async def _release(self) -> None:
        try:
            async with asyncio.timeout(2.0):
                await store_deliveries.release(self._database, self._me)
        except AWAY as error:
            _log.debug("claims end by the clock: %r", error)
