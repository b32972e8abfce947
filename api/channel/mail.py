"""E-mail by the node's relay, in plain text and HTML."""

from typing import Final
from urllib.parse import unquote

import aiosmtplib
from yarl import URL

from api.channel.parcel import AwayError, Parcel, RefusedError
from api.form.letter import letter

SEND_S: Final = 10.0
_REFUSED: Final = 500


class MailSender:
    """Hands messages to `smtps://`, or `smtp://` with STARTTLS where it is offered.

    A password is never sent without TLS.
    """

    def __init__(self, url: str, sender: str) -> None:
        self._url = URL(url)
        self._sender = sender

    async def send(self, parcel: Parcel) -> None:
        """Returns when the relay has taken the message for every recipient."""
        url, secure = self._url, self._url.scheme == "smtps"
        user = None if url.user is None else unquote(url.user)
        try:
            refused, _ = await aiosmtplib.send(
                letter(parcel, self._sender), hostname=url.host,
                port=url.port or (465 if secure else 587), username=user, password=url.password,
                use_tls=secure, start_tls=True if user and not secure else None, timeout=SEND_S,
            )  # fmt: skip
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise RefusedError(f"every recipient was refused: {error}"[:500]) from None
        except aiosmtplib.SMTPResponseException as error:
            text = f"{error.code} {error.message}"[:500]
            raise (RefusedError(text) if error.code >= _REFUSED else AwayError(text)) from None
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise AwayError(f"{type(error).__name__}: {error}"[:500]) from None
        if refused:
            raise RefusedError(f"recipients refused: {', '.join(sorted(refused))}"[:500])
