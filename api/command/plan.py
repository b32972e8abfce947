"""``safepassage plan``: a scenario file -> a plan, as JSON and as a table on the terminal."""

import argparse
import json
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
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
    parser.add_argument(
        "--what-if", type=Path, metavar="CHANGES.json", help="compare with the plan after changes"
    )
    parser.add_argument(
        "--picture", type=Path, metavar="F.svg", help="draw the plan: who goes when, and where"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Plans, writes the plan and shows the table where a person looks on.

    The JSON goes to ``--out``, or else to standard output when that is a pipe.
    """
    from escort.fields import parse_json
    from escort.picture import picture
    from escort.reading import read_scenario

    if args.picture is not None and args.picture.suffix.lower() != ".svg":
        raise BadInputError(f"{args.picture} is no SVG", field="--picture", mend="name it .svg")
    scenario = read_scenario(_content(args.scenario))
    previous = None if args.previous is None else parse_json(_content(args.previous))
    if args.what_if is not None:
        return _compare(args, scenario, parse_json(_content(args.what_if)))
    made = _planned(scenario, args, previous)
    if args.picture is not None:
        _write(args.picture, picture(scenario, made))
    text = json.dumps(made, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    if args.out is not None:
        _write(args.out, text)
    if args.out is None and not sys.stdout.isatty():
        sys.stdout.write(text)
    else:
        show(made)
    return 0


def _planned(scenario: Any, args: argparse.Namespace, previous: Any) -> dict[str, Any]:
    """The plan's document; Ctrl-C gives the best one found so far."""
    from escort.plan import plan, plan_document

    with _interruptible(args.seconds) as clock:
        made = plan_document(
            plan(scenario, seconds=args.seconds, seed=args.seed, previous=previous, clock=clock)
        )
    if clock.stopped:
        made["solver"]["seconds"] = round(clock.took(), 3)
        made["solver"]["status"] += "; stopped by hand"
    return made


class _Clock:
    """Seconds that only grow; once stopped, all the time there was passes at every look."""

    def __init__(self, seconds: float) -> None:
        self.stopped = False
        self._began = time.monotonic()
        self._ahead_s = 0.0
        self._seconds = seconds

    def __call__(self) -> float:
        if self.stopped:
            self._ahead_s += 2.0 * self._seconds
        return time.monotonic() + self._ahead_s

    def took(self) -> float:
        """Seconds that have really passed."""
        return time.monotonic() - self._began


@contextmanager
def _interruptible(seconds: float) -> Iterator[_Clock]:
    """A clock that Ctrl-C lets run out; a second Ctrl-C ends the command."""
    clock = _Clock(seconds)
    before = signal.getsignal(signal.SIGINT)

    def stop(*_: object) -> None:
        clock.stopped = True
        signal.signal(signal.SIGINT, before)
        if sys.stderr.isatty():
            sys.stderr.write("stopping with the best plan so far …\n")

    signal.signal(signal.SIGINT, stop)
    try:
        yield clock
    finally:
        signal.signal(signal.SIGINT, before)


def _compare(args: argparse.Namespace, scenario: Any, changes: Any) -> int:
    """Both plans and their difference, as JSON or as a table."""
    from escort.gaps import coverage_gaps
    from escort.picture import picture
    from escort.whatif import what_if

    found = what_if(scenario, changes, seconds=args.seconds, seed=args.seed)
    if args.picture is not None:
        _write(args.picture, picture(found.scenario, found.after))
    answer = {
        "changes": changes,
        "difference": found.difference,
        "gaps": {
            "before": coverage_gaps(scenario, found.before),
            "after": coverage_gaps(found.scenario, found.after),
        },
        "before": found.before,
        "after": found.after,
    }
    text = json.dumps(answer, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    if args.out is not None:
        _write(args.out, text)
    if args.out is None and not sys.stdout.isatty():
        sys.stdout.write(text)
    else:
        _show_difference(answer)
    return 0


def _show_difference(answer: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    table = Table("", "before", "after", "change", title="What if")
    for name, each in answer["difference"].items():
        values = ("–" if v is None else f"{v:.6g}" for v in each.values())
        table.add_row(name.replace("_", " "), *values)
    console.print(table)
    for gap in answer["gaps"]["after"]["places"]:
        reasons = ", ".join(f"{reason} {n}" for reason, n in gap["reasons"].items())
        console.print(f"gap: {gap['name']} ({gap['kind']}), {gap['risk_value']:.2g}: {reasons}")


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
