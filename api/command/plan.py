"""``safepassage plan``: a scenario file -> a plan, as JSON and as a table on the terminal."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from sea.errors import BadInputError


def register(commands: Any) -> None:
    """Adds the sub-command."""
    parser = commands.add_parser("plan", help="plan escorts of a scenario; needs no server")
    parser.add_argument("scenario", type=Path, metavar="SCENARIO.json")
    parser.add_argument("--seconds", type=float, default=5.0, help="time to plan in (default 5)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--previous", type=Path, metavar="PLAN.json", help="the plan in force")
    parser.add_argument("--out", type=Path, metavar="PLAN.json", help="default: standard output")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Plans, writes the plan and shows the table where a person looks on.

    The JSON goes to ``--out``, or else to standard output when that is a pipe.
    """
    from escort.fields import parse_json
    from escort.plan import plan, plan_document
    from escort.reading import read_scenario

    scenario = read_scenario(_content(args.scenario))
    previous = None if args.previous is None else parse_json(_content(args.previous))
    made = plan_document(plan(scenario, seconds=args.seconds, seed=args.seed, previous=previous))
    text = json.dumps(made, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    if args.out is not None:
        _write(args.out, text)
    if args.out is None and not sys.stdout.isatty():
        sys.stdout.write(text)
    else:
        show(made)
    return 0


def show(made: dict[str, Any]) -> None:
    """Prints the plan document as tables: who escorts whom and when, what is left, the sums."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    taskings = Table("asset", "nation", "request", "ships", "rendezvous", "release", "nm", "risk",
                     title="Proposed taskings (UTC)")  # fmt: skip
    for tasking in made["taskings"]:
        for i, escort in enumerate(tasking["escorts"]):
            taskings.add_row(
                tasking["name"] if i == 0 else "", tasking["nation"] if i == 0 else "",
                " ".join(escort["requests"]), " ".join(escort["mmsis"]),
                _minute(escort["rendezvous_at"]), _minute(escort["release_at"]),
                f"{escort['transit_nm']:.0f}", f"{escort['risk_value']:.2g}",
            )  # fmt: skip
    console.print(taskings)
    if made["unserved"]:
        unserved = Table("request", "reason", "detail", title="Not served")
        for missed in made["unserved"]:
            unserved.add_row(missed["request"], missed["reason"], missed["detail"])
        console.print(unserved)
    gap = "no bound yet" if made["gap"] is None else f"{made['gap']:.2%}"
    baselines = ", ".join(f"{name} {value:.6g}" for name, value in made["baselines"].items())
    console.print(
        f"risk averted {made['risk_value']:.6g}, objective {made['objective']:.6g}, gap {gap}; "
        f"baselines: {baselines}; {made['solver']['status']}, {made['solver']['seconds']:.2f} s"
    )
    for nation, burden in made["burden"].items():
        agreed = "" if burden["agreed"] is None else f" (agreed {burden['agreed']:.0%})"
        console.print(f"{nation}: {burden['hours']:.1f} h, {burden['share']:.0%}{agreed}")


def _minute(instant: str) -> str:
    return instant[:16].replace("T", " ")


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInputError(
            f"cannot read {path}: {error.strerror}", field=str(path), mend="check the path"
        ) from error


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInputError(
            f"cannot write {path}: {error.strerror}", field=str(path), mend="check the path"
        ) from error
