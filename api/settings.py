"""Settings: every knob of a running service, from ``SAFEPASSAGE_*`` environment variables.

``docs/settings.md`` is generated from this class: ``python -m api.settings > docs/settings.md``.
"""

import ipaddress
import json
import os
import socket
import sys
from pathlib import Path
from typing import Literal

from pydantic import (
    Field,
    IPvAnyNetwork,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from sea.errors import BadInputError

PREFIX = "SAFEPASSAGE_"
HOME_DIR = Path("~/.local/share/safepassage")
SYSTEM_DIR = Path("/var/lib/safepassage")


class Settings(BaseSettings):
    """What a service is told from outside; a command's options override a field."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    data_dir: Path = Field(
        default_factory=lambda: SYSTEM_DIR if os.geteuid() == 0 else HOME_DIR,
        validate_default=True,
        description="Folder of everything a node keeps: embedded servers, models, run.json. "
        f"Unset: `{HOME_DIR}`, for root `{SYSTEM_DIR}`, since its servers run as nobody.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL to use, `postgresql://…`. Unset: the embedded one in `data_dir`.",
    )
    database_pool: int = Field(
        default=8, ge=1, le=100, description="Connections to PostgreSQL for HTTP and live reads."
    )
    nats_url: SecretStr | None = Field(
        default=None,
        description="NATS with JetStream to use, `nats://…`. Unset: the embedded one.",
    )
    nats_replicas: int = Field(
        default=1, ge=1, le=5, description="Nodes that keep the log; 3 on a cluster of three."
    )
    host: str = Field(
        default="127.0.0.1",
        description="Address HTTP listens on. Beyond loopback, put TLS in front and set "
        "`public_url`, or set `tls_certificate` and `tls_key`.",
    )
    port: int = Field(
        default=8080, ge=0, le=65535, description="Port HTTP listens on; 0: any free."
    )
    public_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^/\s]+$",
        description="Origin under which people reach the service, `https://watch.example.org`. "
        "Unset: what the browser asked for, over http.",
    )
    tls_certificate: Path | None = Field(
        default=None,
        description="File of the certificate chain (PEM) with which HTTP is served by TLS.",
    )
    tls_key: Path | None = Field(default=None, description="File of its private key (PEM).")
    trusted_proxies: tuple[str, ...] = Field(
        default=(),
        description='Networks of the proxies in front, as a JSON list like `["10.0.0.0/8"]`. '
        "Only what they add to `X-Forwarded-For` is believed.",
    )
    rate_per_s: float = Field(
        default=50.0, gt=0, description="Requests a second that a key, token or session may make."
    )
    rate_burst: int = Field(
        default=500, ge=1, description="Requests it may make at once, after a pause."
    )
    oidc_issuer: str | None = Field(
        default=None,
        pattern=r"^(https://|http://(127\.0\.0\.1|localhost)[:/])\S+$",
        description="Identity provider (OpenID Connect) whose signed tokens are believed, "
        "`https://login.example.org`; see docs/security.md.",
    )
    oidc_audience: str | None = Field(
        default=None, min_length=1, description="Audience that its tokens must be made for."
    )
    nation: str = Field(
        default="XC",
        pattern=r"^[A-Z]{2}$",
        description="Originator of what this node makes, ISO 3166-1 alpha-2. "
        "`XC` (a user-assigned code) stands for an exercise coalition.",
    )
    releasable_to: tuple[str, ...] = Field(
        default=("*",),
        description="Nations to which events, assessments and plans of this node are releasable, "
        "as a JSON list; `*` is the whole coalition.",
    )
    exposure: Path | None = Field(
        default=None,
        description="Ship-hours seen, as `safepassage exposure` writes them, by which the hazard "
        "field is fitted. Unset: assumed ones.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Least severe log line written."
    )
    node: str = Field(
        default_factory=socket.gethostname,
        min_length=1,
        max_length=100,
        description="Name of this node among those that share the database, in `/v1/sources`. "
        "Unset: the host's name.",
    )
    aisstream_key: SecretStr | None = Field(
        default=None, description="Key for the source `wss://stream.aisstream.io/v0/stream`."
    )
    lateness_s: float = Field(
        default=120.0,
        ge=0,
        description="How far the watermark stays behind the newest report of a live feed, s. "
        "Reports later than this still move the picture but decide nothing.",
    )
    link_h: float = Field(
        default=12.0, gt=0, description="Life of an unused sign-in link, h. It works once."
    )
    session_h: float = Field(
        default=12.0, gt=0, description="Life of the page's session after signing in, h."
    )
    live_interval_s: float = Field(
        default=1.0, gt=0, le=60, description="Time between frames of the live stream, s."
    )
    live_queue: int = Field(
        default=32,
        ge=2,
        description="Frames kept for a live client that reads too slowly; then it starts over "
        "from a snapshot.",
    )

    secrets_key: SecretStr | None = Field(
        default=None,
        description="Key that secrets of subscriptions are encrypted with, 32 bytes as base64url; "
        "the same on every node. Unset: `secrets.key` in `data_dir`, made at the first start.",
    )
    webhook_networks: tuple[IPvAnyNetwork, ...] = Field(
        default=(),
        description="Networks that are not public and to which alerts may go all the same, and "
        'without TLS, as a JSON list: `["10.1.0.0/16"]`.',
    )

    alerts_nats_url: SecretStr | None = Field(
        default=None,
        description="NATS that alerts are published on. Unset: the one of the log.",
    )
    smtp_url: SecretStr | None = Field(
        default=None,
        description="Relay for alerts by e-mail, `smtp://user:password@host:587` or `smtps://…`. "
        "Unset: this node sends none.",
    )
    mail_from: str = Field(
        default="safepassage@localhost",
        pattern=r"^[^@\s<>,]+@[^@\s<>,]+$",
        description="Sender of alerts by e-mail.",
    )

    @field_validator("data_dir")
    @classmethod
    def _at_home(cls, folder: Path) -> Path:
        return folder.expanduser().absolute()

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            ipaddress.ip_network(network, strict=False)
        return networks

    @model_validator(mode="after")
    def _whole(self) -> "Settings":
        for one, other in (("tls_certificate", "tls_key"), ("oidc_issuer", "oidc_audience")):
            if (getattr(self, one) is None) != (getattr(self, other) is None):
                raise ValueError(f"{one} and {other} are given together")
        return self

    @field_validator("releasable_to")
    @classmethod
    def _nations(cls, nations: tuple[str, ...]) -> tuple[str, ...]:
        for nation in nations:
            if nation != "*" and not (len(nation) == 2 and nation.isascii() and nation.isupper()):
                raise ValueError(f"{nation!r} is neither a nation like 'MX' nor '*'")
        return nations


def load_settings(**given: object) -> Settings:
    """The settings of the environment, with what was given (and is not None) in their place.

    Raises:
        BadInputError: names the first variable that makes no sense.
    """
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        where = f"{PREFIX}{name.upper()}: " if name else ""
        message = first["msg"].removeprefix("Value error, ")
        raise BadInputError(f"{where}{message}", field=name) from None


def settings_page() -> str:
    """The Markdown of ``docs/settings.md``."""
    lines = [
        "# Settings",
        "",
        "Environment variables read at start; an option of the command line wins over them. "
        "Secrets are never written to a log.",
        "",
        "| variable | default | |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        unset = field.default is None or field.default_factory is not None
        default = "unset" if unset else f"`{_shown(field.default)}`"
        lines.append(f"| `{PREFIX}{name.upper()}` | {default} | {field.description} |")
    return "\n".join(lines) + "\n"


def _shown(default: object) -> str:
    return json.dumps(default) if isinstance(default, tuple) else str(default)


if __name__ == "__main__":
    sys.stdout.write(settings_page())
