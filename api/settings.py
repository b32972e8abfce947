"""Settings: every knob of a running service, from ``SAFEPASSAGE_*`` environment variables.

``docs/settings.md`` is generated from this class: ``python -m api.settings > docs/settings.md``.
"""

import os
import socket
import sys
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
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
        "`public_url`.",
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

    @field_validator("data_dir")
    @classmethod
    def _at_home(cls, folder: Path) -> Path:
        return folder.expanduser().absolute()

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
        raise BadInputError(f"{PREFIX}{name.upper()}: {first['msg']}", field=name) from None


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
    return '["*"]' if isinstance(default, tuple) else str(default)


if __name__ == "__main__":
    sys.stdout.write(settings_page())
