"""The error tree: one root, few children, facts as attributes."""


class SafePassageError(Exception):
    """Anything this project raises on purpose; its text is one clear line fit for a user."""


class BadInputError(SafePassageError):
    """What was given cannot be used.

    Attributes:
        field: where it is wrong (a column, a JSON path, an option), or "".
        mend: what to do about it, or "".
    """

    def __init__(self, message: str, *, field: str = "", mend: str = "") -> None:
        super().__init__(f"{message}; {mend}" if mend else message)
        self.field = field
        self.mend = mend


class UnavailableError(SafePassageError):
    """Something outside (a server, a file, a peer) could not be reached in time."""


class NotAllowedError(SafePassageError):
    """The principal may not do or see this."""


class ConflictError(SafePassageError):
    """The thing is not, or not any more, in a state in which this can be done."""


class StaleVersionError(ConflictError):
    """Somebody changed the thing since the version that was named."""
