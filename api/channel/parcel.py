"""What a channel is given to send, and how it says that it could not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from api.alert import Phase
from sea.errors import SafePassageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One alert for one subscription.

    Attributes:
        document: the alert as users read it. target: where to, as the channel understands it.
        secrets: to sign with, the newest first.
    """

    subscription: str
    nation: str
    name: str
    phase: Phase
    document: Mapping[str, Any]
    target: Mapping[str, Any]
    secrets: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The same whenever this is sent again, so that receivers can drop what they have had."""
        return f"{self.document['id']}.{self.phase}"


class AwayError(SafePassageError):
    """The destination could not be reached or is out of order; later it may be."""


class RefusedError(SafePassageError):
    """The destination was reached and did not take this.

    Attributes:
        final: it never will.
    """

    def __init__(self, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


class Sender(Protocol):
    """One channel."""

    async def send(self, parcel: Parcel) -> None:
        """Returns when the destination has it.

        Raises:
            AwayError: it could not be reached.
            RefusedError: it did not take it.
        """
