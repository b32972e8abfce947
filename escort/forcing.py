"""Forcing a request into a draft: the price of a request that is not served."""

from dataclasses import dataclass
from typing import Final

from escort.draft import Draft, Workshop

MOST_ASSETS_TRIED: Final = 12
MOST_REPAIRED: Final = 3


@dataclass(frozen=True, slots=True)
class Forced:
    """The draft with a request forced in: on which asset, and what it displaced for good."""

    draft: Draft
    asset: int
    displaced: tuple[int, ...]
    objective: float


def force(workshop: Workshop, draft: Draft, request: int) -> Forced | None:
    """The best draft found that serves the request, None where only locks forbid every one.

    It is tried on the nearest assets that can serve it: their other escorts go in again by
    falling value as far as they fit, and what does not fit is offered to the other assets.
    """
    trials = []
    served = draft.served()
    for asset in workshop.able[request][:MOST_ASSETS_TRIED]:
        order = draft.order(asset)
        fixed = [r for r in order if r in workshop.held]
        schedule = workshop.rebuilt(asset, [*fixed, request], set(order) - set(fixed))
        if schedule is not None:
            trial = draft.put(schedule)
            trials.append((trial.objective(workshop.scenario), -asset, trial))
    trials.sort(key=lambda trial: trial[:2], reverse=True)
    best: Forced | None = None
    for _, asset_key, trial in trials[:MOST_REPAIRED]:
        repaired = trial
        for lost in workshop.by_value(served - trial.served()):
            repaired = workshop.insert(repaired, lost) or repaired
        objective = repaired.objective(workshop.scenario)
        if best is None or objective > best.objective:
            gone = tuple(workshop.by_value(served - repaired.served()))
            best = Forced(repaired, -asset_key, gone, objective)
    return best
