"""Declared destinations -> ports, each text resolved once."""

from typing import Final

from sea.ports import ports, resolve_destination

NO_PORT: Final = -1
_MOST_TEXTS: Final = 100_000


class Declared:
    """What destinations mean, as places in `sea.ports.ports`."""

    def __init__(self) -> None:
        self._texts: dict[str, int] = {}
        self._numbers = {port.unlocode: number for number, port in enumerate(ports())}

    def port_of(self, text: str) -> int:
        """The port's number, `NO_PORT` if the text means none for sure."""
        number = self._texts.get(text)
        if number is None:
            if len(self._texts) >= _MOST_TEXTS:
                self._texts.clear()
            port = resolve_destination(text)
            number = self._texts[text] = self._numbers[port.unlocode] if port else NO_PORT
        return number
