"""The command ``safepassage``: finds the sub-command, runs it, turns errors into one line.

Each module of `api.command` has ``register(commands)``, which adds its parser to the
sub-parsers action and sets ``run=<function(args) -> int>`` as its default.
"""

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Sequence

from api import command
from sea.errors import SafePassageError


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; 0 done, 1 failed (one line on stderr), 2 wrong usage."""
    args = parser().parse_args(argv)
    try:
        return int(args.run(args))
    except SafePassageError as error:
        print(f"safepassage: {error}", file=sys.stderr)
    except BrokenPipeError:
        sys.stderr.close()
    except KeyboardInterrupt:
        print("safepassage: stopped", file=sys.stderr)
    return 1


def parser() -> argparse.ArgumentParser:
    """The whole command line; commands import what they need only when they run."""
    root = argparse.ArgumentParser(
        prog="safepassage",
        description="Watches merchant ships, scores risk with reasons, proposes escorts.",
    )
    commands = root.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in sorted(pkgutil.iter_modules(command.__path__), key=lambda m: m.name):
        importlib.import_module(f"api.command.{module.name}").register(commands)
    return root


if __name__ == "__main__":
    sys.exit(main())
