"""A plan -> the JSON that users script against, see `docs/escort.md`."""

from typing import Any

from escort.feasibility import Escort
from escort.proposal import Plan, Tasking
from escort.scenario import Place, Scenario
from sea.instants import iso_z


def plan_document(plan: Plan) -> dict[str, Any]:
    """The plan as JSON values, taskings and unserved in the scenario's order."""
    scenario, solver = plan.scenario, plan.solver
    assets, requests = scenario.assets, scenario.requests
    return {
        "now": iso_z(scenario.now),
        "taskings": [_tasking_document(tasking, scenario) for tasking in plan.taskings],
        "unserved": [
            {
                "request": requests[missed.request].id,
                "reason": missed.reason,
                "detail": missed.detail,
                "would_cost": missed.would_cost,
            }
            for missed in plan.unserved
        ],
        "idle": [{"asset": assets[a].id, "why": why} for a, why in sorted(plan.idle.items())],
        "risk_value": plan.risk_value,
        "objective": plan.objective,
        "upper_bound": plan.upper_bound,
        "gap": plan.gap,
        "baselines": dict(plan.baselines),
        "burden": {
            nation: {
                "hours": round(share.hours, 2),
                "share": round(share.share, 4),
                "agreed": share.agreed,
                "within_tolerance": share.within_tolerance,
            }
            for nation, share in plan.burden.items()
        },
        "lost_locks": [
            {"asset": assets[asset].id, "request": requests[request].id}
            for request, asset in sorted(plan.lost_locks.items())
        ],
        "solver": {
            "seconds": round(solver.seconds, 3),
            "columns": solver.columns,
            "status": solver.status,
            "seed": solver.seed,
        },
    }


def _tasking_document(tasking: Tasking, scenario: Scenario) -> dict[str, Any]:
    schedule = tasking.schedule
    asset = scenario.assets[schedule.asset]
    return {
        "id": tasking.id,
        "asset": asset.id,
        "name": asset.name,
        "nation": asset.nation,
        "status": tasking.status,
        "why": tasking.why,
        "escorts": [_escort_document(escort, scenario) for escort in schedule.escorts],
        "refuels": [
            {
                "base": asset.base or _position(asset.base_place or asset.position),
                "arrive_at": iso_z(escort.refuel.arrive_at),
                "depart_at": iso_z(escort.refuel.depart_at),
                "before": scenario.requests[escort.request].id,
            }
            for escort in schedule.escorts
            if escort.refuel is not None
        ],
        "returns_at": None if schedule.returns_at is None else iso_z(schedule.returns_at),
        "return_nm": round(schedule.return_nm, 3),
    }


def _escort_document(escort: Escort, scenario: Scenario) -> dict[str, Any]:
    request = scenario.requests[escort.request]
    return {
        "requests": [request.id],
        "mmsis": [f"{mmsi:09d}" for mmsi in request.mmsis],
        "depart_at": iso_z(escort.depart_at),
        "rendezvous_at": iso_z(escort.rendezvous_at),
        "release_at": iso_z(escort.release_at),
        "rendezvous_position": _position(request.rendezvous),
        "release_position": _position(request.release),
        "transit_nm": round(escort.transit_nm, 3),
        "leg_nm": round(escort.leg_nm, 3),
        "risk_value": request.risk_value,
    }


def _position(place: Place) -> list[float]:
    return [place.lon, place.lat]
