"""The adopted challenger: rows of the database -> the model that the service asks beside the table.

Adopting is a person's decision, by ``safepassage adopt``; nothing here ever adopts.
"""

import math
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from api.audit import command_entry
from api.store_audit import append
from risk.challenger import ABOUT, EXERCISE, Challenger, challenger_document, read_challenger
from sea.errors import BadInputError
from sea.instants import iso_z, to_us

REFRESH_S = 5.0
"""How long a new decision may take to be seen; chosen by us."""

_NEWEST = """
SELECT adopted_at, adopted_by, name, document, forced FROM challengers ORDER BY id DESC LIMIT 1
"""
_ADOPT = "INSERT INTO challengers (adopted_by, name, document, forced) VALUES ($1, $2, $3, $4)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """A decision to use a model, or none; `problem` says why a chosen one cannot be used."""

    adopted_at: datetime
    adopted_by: str
    forced: bool
    name: str | None
    model: Challenger | None
    problem: str | None


def check(model: Challenger, *, forced: bool) -> None:
    """Lets pass what may be adopted.

    Raises:
        BadInputError: says why not, and that `--force` would.
    """
    reasons = []
    if model.exercise:
        reasons.append(
            f"{model.synthetic_rows} of its {model.rows} labels are of exercises, not of real "
            "boardings"
        )
    if model.calibration.method == "none":
        reasons.append(model.calibration.why)
    if reasons and not forced:
        raise BadInputError(
            f"{model.name} is not adopted: {'; '.join(reasons)}", field="model",
            mend="--force adopts it all the same, and it is marked wherever it appears",
        )  # fmt: skip


async def adopt(
    database: asyncpg.Pool, model: Challenger, *, by: str, forced: bool, nation: str
) -> None:
    """Makes the service use the model.

    Raises:
        BadInputError: it may not be adopted without force.
    """
    check(model, forced=forced)
    document = challenger_document(model).decode()
    await _decide(database, nation, by, model.name, document, forced)


async def withdraw(database: asyncpg.Pool, *, by: str, nation: str) -> None:
    """Makes the service use no challenger."""
    await _decide(database, nation, by, None, None, False)


async def _decide(
    database: asyncpg.Pool, nation: str, by: str, name: str | None, document: str | None,
    forced: bool,
) -> None:  # fmt: skip
    detail = {"challenger": name, "by": by, "forced": forced}
    async with database.acquire() as connection, connection.transaction():
        await connection.execute(_ADOPT, by, name, document, forced)
        await append(connection, [command_entry("decision", "adopt", nation, detail)])


async def newest(database: asyncpg.Pool) -> Adoption | None:
    """The decision that holds; None where none was ever taken."""
    row = await database.fetchrow(_NEWEST)
    if row is None:
        return None
    model, problem = None, None
    if row["document"] is not None:
        try:
            model = read_challenger(row["document"])
        except BadInputError as error:
            problem = str(error)
    return Adoption(
        adopted_at=row["adopted_at"], adopted_by=row["adopted_by"], forced=row["forced"],
        name=row["name"], model=model, problem=problem,
    )  # fmt: skip


class Adopted:
    """The decision that holds, asked of the database every few seconds."""

    def __init__(self, database: asyncpg.Pool) -> None:
        self._database = database
        self._known: Adoption | None = None
        self._asked_at = -math.inf

    async def now(self) -> Adoption | None:
        """The decision, at most `REFRESH_S` old."""
        if time.monotonic() - self._asked_at >= REFRESH_S:
            self._known = await newest(self._database)
            self._asked_at = time.monotonic()
        return self._known

    def forget(self) -> None:
        """Lets the next one who asks be told by the database."""
        self._asked_at = -math.inf

    async def model(self) -> Challenger | None:
        """The model in use, or None."""
        adoption = await self.now()
        return adoption.model if adoption else None


def card(adoption: Adoption | None) -> dict[str, Any]:
    """What people should know of the challenger in use."""
    model = adoption.model if adoption else None
    notes = [ABOUT]
    if model and model.exercise:
        notes.insert(0, EXERCISE)
    return {
        "name": adoption.name if adoption else None,
        "adopted_at": iso_z(to_us(adoption.adopted_at)) if adoption and adoption.name else None,
        "adopted_by": adoption.adopted_by if adoption and adoption.name else None,
        "forced": bool(adoption and adoption.forced),
        "problem": adoption.problem if adoption else None,
        "exercise": bool(model and model.exercise),
        "note": "; ".join(notes) if model else None,
        "rows": model.rows if model else None,
        "synthetic_rows": model.synthetic_rows if model else None,
        "calibration": model.calibration.why if model else None,
        "evaluation": model.evaluation if model else None,
    }
