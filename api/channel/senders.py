"""Every channel this node can send by."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

import nats.errors

from api.channel.cot import CotSender
from api.channel.mail import MailSender
from api.channel.nats import nats_sender
from api.channel.parcel import Sender
from api.channel.webhook import webhook_sender
from api.outward import Guard
from api.routing import Channel
from api.settings import Settings
from sea.errors import UnavailableError


@asynccontextmanager
async def open_senders(
    settings: Settings, nats_url: str
) -> AsyncIterator[Mapping[Channel, Sender]]:
    """Senders by channel, with their connections.

    Raises:
        UnavailableError: the NATS that alerts are to be published on does not answer.
    """
    guard = Guard(networks=settings.webhook_networks)
    own = settings.alerts_nats_url
    async with AsyncExitStack() as stack:
        senders: dict[Channel, Sender] = {
            "webhook": await stack.enter_async_context(webhook_sender(guard)),
            "cot": CotSender(guard),
        }
        try:
            url = nats_url if own is None else own.get_secret_value()
            senders["nats"] = await stack.enter_async_context(nats_sender(url))
        except (OSError, TimeoutError, nats.errors.Error) as error:
            raise UnavailableError(f"the NATS of alerts does not answer: {error!r}") from error
        if settings.smtp_url is not None:
            relay = settings.smtp_url.get_secret_value()
            senders["email"] = MailSender(relay, settings.mail_from)
        yield senders
