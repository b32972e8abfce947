"""Secrets that have to be used again, encrypted at rest; what is only compared is hashed."""

import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from api.settings import Settings
from sea.errors import BadInputError, UnavailableError

FILE = "secrets.key"


class SecretBox:
    """Encrypts and decrypts with one key (Fernet: AES-128-CBC and HMAC-SHA256)."""

    def __init__(self, key: bytes) -> None:
        try:
            self._fernet = Fernet(key)
        except ValueError:
            raise BadInputError(
                "SAFEPASSAGE_SECRETS_KEY is no key",
                field="secrets_key",
                mend="give 32 bytes as base64url",
            ) from None

    def close(self, secret: str) -> bytes:
        """The secret, encrypted."""
        return self._fernet.encrypt(secret.encode())

    def open(self, closed: bytes) -> str:
        """The secret.

        Raises:
            UnavailableError: it was encrypted with another key.
        """
        try:
            return self._fernet.decrypt(closed).decode()
        except InvalidToken:
            raise UnavailableError("a secret was encrypted with a key that is not here") from None


def secret_box(settings: Settings) -> SecretBox:
    """The box of the settings' key, or of the data folder's, made where there is none."""
    if settings.secrets_key is not None:
        return SecretBox(settings.secrets_key.get_secret_value().encode())
    file = settings.data_dir / FILE
    if not file.exists():
        _write(file, Fernet.generate_key())
    return SecretBox(file.read_bytes())


def _write(file: Path, key: bytes) -> None:
    draft = file.with_suffix(".part")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(key)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)
