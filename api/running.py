"""The running service of a data directory, as it says itself in ``run.json``."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from api.settings import Settings
from sea.errors import UnavailableError

FILE = "run.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Where a running service and its servers are; the URLs hold passwords."""

    database_url: str
    nats_url: str
    http_url: str
    pid: int


def running(settings: Settings) -> Running:
    """The service that runs in the settings' data directory.

    Raises:
        UnavailableError: there is none.
    """
    file = settings.data_dir / FILE
    try:
        told = json.loads(file.read_text("utf-8"))
        service = Running(
            database_url=told["database_url"],
            nats_url=told["nats_url"],
            http_url=told["http_url"],
            pid=int(told["pid"]),
        )
    except FileNotFoundError:
        raise _none(settings.data_dir) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnavailableError(f"cannot read {file}: {error}") from error
    if not _alive(service.pid):
        raise _none(settings.data_dir)
    return service


def database_url(settings: Settings) -> str:
    """The database of the settings, or else of the running service.

    Raises:
        UnavailableError: there is neither.
    """
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    return running(settings).database_url


def http_url(settings: Settings) -> str:
    """Where people reach the service, without a slash at the end."""
    if settings.public_url is not None:
        return settings.public_url
    try:
        return running(settings).http_url.rstrip("/")
    except UnavailableError:
        return f"http://{settings.host}:{settings.port}"


def _none(folder: Path) -> UnavailableError:
    return UnavailableError(f"no service is running in {folder}; start it with safepassage up")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
