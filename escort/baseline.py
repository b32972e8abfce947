"""Two plain ways to plan, which every plan is shown against: nearest first, and by priority."""

from collections.abc import Callable, Collection

from escort.draft import Draft, Workshop

Expired = Callable[[], bool]


def nearest_first(
    workshop: Workshop, start: Draft, left_out: Collection[int], expired: Expired
) -> Draft:
    """What a dispatcher does: requests as they come up, each to the nearest asset free for it."""
    requests = workshop.scenario.requests
    waiting = set(range(len(requests))) - start.served() - set(left_out)
    draft = start
    for request in sorted(waiting, key=lambda r: (requests[r].earliest, requests[r].id)):
        if expired():
            break
        draft = workshop.append(draft, request) or draft
    return draft


def priority_insertion(
    workshop: Workshop, start: Draft, left_out: Collection[int], expired: Expired
) -> Draft:
    """The riskiest first, each put into the schedule where it adds least transit."""
    waiting = set(range(len(workshop.scenario.requests))) - start.served() - set(left_out)
    draft = start
    for request in workshop.by_value(waiting):
        if expired():
            break
        draft = workshop.insert(draft, request) or draft
    return draft
