"""Targets: where each channel sends to, checked when somebody subscribes."""

import ssl
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field, ValidationError
from yarl import URL

from api.channel.cot import tls_context
from api.form.forms import Form
from api.http.bodies import Body
from api.http.problem import InvalidRequestError
from api.http.registry import refusal
from api.outward import ForbiddenAddressError, Guard
from api.routing import Channel
from api.settings import Settings

Address = Annotated[str, Field(max_length=1000, pattern=r"^[!-~]+$")]


class WebhookTarget(Body):
    """A receiver of signed POSTs."""

    url: Address
    form: Form = "cloudevents"


class CotTarget(Body):
    """A tactical display or server."""

    url: Address
    form: Literal["xml", "protobuf"] = "xml"
    ca_pem: str | None = Field(
        default=None, max_length=20_000, description="Authority that signed a tls:// server."
    )
    client_pem: str | None = Field(
        default=None,
        max_length=40_000,
        description="Our certificate and key for a tls:// server that asks for one; kept encrypted "
        "and never shown.",
    )


class NatsTarget(Body):
    """The subject `alert.<nation>.<name>`."""

    form: Form = "cloudevents"


class EmailTarget(Body):
    """Readers."""

    to: list[Annotated[str, Field(max_length=254, pattern=r"^[^@\s<>,]+@[^@\s<>,]+$")]] = Field(
        min_length=1, max_length=20
    )


TARGETS: Final[Mapping[Channel, type[BaseModel]]] = {
    "webhook": WebhookTarget,
    "cot": CotTarget,
    "nats": NatsTarget,
    "email": EmailTarget,
}


def check_target(settings: Settings, channel: Channel, given: Mapping[str, Any]) -> dict[str, Any]:
    """The target as it is stored.

    Raises:
        InvalidRequestError: names what is wrong with it.
    """
    model = TARGETS[channel]
    if channel == "email" and settings.smtp_url is None:
        raise InvalidRequestError([("channel", "this node sends no e-mail: it has no relay")])
    try:
        target = model.model_validate(given).model_dump(mode="json")
    except ValidationError as error:
        known = ", ".join(model.model_fields)
        wrong = [refusal(dict(e), known, "target") for e in error.errors(include_context=False)]
        raise InvalidRequestError([(f"target.{field}", text) for field, text in wrong]) from None
    if channel == "webhook":
        _check_url(settings, target["url"], ("https", "http"))
    if channel == "cot":
        _check_url(settings, target["url"], ("tls", "tcp", "udp"))
        _check_certificates(target)
    return target


def _check_certificates(target: Mapping[str, Any]) -> None:
    for field, what in (("ca_pem", "certificate"), ("client_pem", "certificate with its key")):
        given = {"ca_pem": None, "client_pem": None} | {field: target[field]}
        if target[field] is not None and not target["url"].startswith("tls:"):
            raise InvalidRequestError([(f"target.{field}", "is for tls:// alone")])
        try:
            tls_context(**given)
        except (ssl.SSLError, ValueError):
            raise InvalidRequestError([(f"target.{field}", f"is no {what} in PEM")]) from None


def _check_url(settings: Settings, text: str, schemes: tuple[str, ...]) -> None:
    """Refuses a URL that is none, holds a secret, or leads where nothing is sent."""
    shape = _wrong(f"write it as {schemes[0]}://host:port")
    try:
        url = URL(text)
        host, scheme, port = url.host, url.scheme, url.port
    except ValueError:
        raise shape from None
    if not host or scheme not in schemes or not port:
        raise shape
    if url.user or url.password or url.fragment:
        raise _wrong("has a user, password or fragment, which have no place here")
    plain = scheme != schemes[0]
    if plain and not settings.webhook_networks:
        raise _wrong(f"needs {schemes[0]}")
    try:
        Guard(networks=settings.webhook_networks).check(host, plain=plain)
    except ForbiddenAddressError:
        raise _wrong("nothing is sent there") from None


def _wrong(text: str) -> InvalidRequestError:
    return InvalidRequestError([("target.url", text)])
