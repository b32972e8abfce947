"""Grades: how far a report is to be believed -> the weight it has in counts and points.

Letters and figures are those of NATO AJP-2.1 (Allied Joint Doctrine for Intelligence Procedures),
the "Admiralty code": the source's reliability and the information's credibility, each judged by
itself. The weights are chosen by us; the doctrine has none.
"""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from sea.errors import BadInputError

Reliability = Literal["A", "B", "C", "D", "E", "F"]
Credibility = Literal[1, 2, 3, 4, 5, 6]

RELIABILITY: Final[dict[Reliability, tuple[str, float]]] = {
    "A": ("completely reliable", 1.0),
    "B": ("usually reliable", 0.9),
    "C": ("fairly reliable", 0.7),
    "D": ("not usually reliable", 0.4),
    "E": ("unreliable", 0.1),
    "F": ("reliability cannot be judged", 0.5),
}
CREDIBILITY: Final[dict[Credibility, tuple[str, float]]] = {
    1: ("confirmed by other sources", 1.0),
    2: ("probably true", 0.9),
    3: ("possibly true", 0.7),
    4: ("doubtful", 0.4),
    5: ("improbable", 0.1),
    6: ("truth cannot be judged", 0.5),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """An Admiralty code, F6 where nobody has judged."""

    reliability: Reliability = "F"
    credibility: Credibility = 6

    def __post_init__(self) -> None:
        if self.reliability not in get_args(Reliability):
            raise BadInputError("reliability is a letter A to F", field="reliability")
        if self.credibility not in get_args(Credibility):
            raise BadInputError("credibility is a figure 1 to 6", field="credibility")

    @property
    def code(self) -> str:
        """As it is written, ``B2``."""
        return f"{self.reliability}{self.credibility}"

    @property
    def weight(self) -> float:
        """0..1: both weights multiplied, as either doubt alone is doubt enough."""
        return RELIABILITY[self.reliability][1] * CREDIBILITY[self.credibility][1]
