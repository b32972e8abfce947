"""Recomputing: what was kept with an assessment -> the assessment, to the bit.

The same code, tables and field give the same bits; where one of them has changed since, a score
can be made anew but need not be the same, and `changed` says which.
"""

from collections.abc import Mapping
from typing import Any

from risk.assess import MODEL, Assessor
from risk.assessment import Assessment
from risk.evidence import Evidence, event_of
from risk.ships import ships_from
from sea.errors import BadInputError
from sea.units import Microseconds


def recompute(
    inputs: Mapping[str, Any], assessed_at: Microseconds, assessor: Assessor
) -> Assessment:
    """The assessment made of these inputs at that instant.

    Raises:
        BadInputError: they are not such as `risk.assess.Assessed.inputs` keeps.
    """
    try:
        ships = ships_from([inputs["ship"]])
        evidence = Evidence(event_of(event) for event in inputs["events"])
    except (KeyError, TypeError, ValueError) as error:
        raise BadInputError(f"these are no inputs of ours: {error}", field="inputs") from error
    return assessor.score(ships, evidence, assessed_at).assessment(0)


def changed(inputs: Mapping[str, Any], model: str, assessor: Assessor) -> list[str]:
    """What differs today from what an assessment was made with; empty where nothing does."""
    found = []
    if model != MODEL:
        found.append(f"made with {model}, recomputed with {MODEL}")
    kept, now = inputs["hazard"], assessor.hazard_id
    if kept != now:
        found.append(f"made with the hazard field {kept}, recomputed with {now}")
    return found
