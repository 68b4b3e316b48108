"""`python -m crmflow.testing.rehearsal` rehearses a seed, or finds again what one has found."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from crmflow.testing.rehearsal import Rehearsal, RehearsalError, shorten
from crmflow.testing.rehearsal.rehearsal import STEPS

OURS = "crmflow.testing.rehearsal:SHIPPED"


def main(given: Sequence[str] | None = None) -> int:
    """
    Rehearse, and return 0 where all holds, 1 where something was found.

    Args:
        given: Arguments; those of the command where None.
    """
    options = _options().parse_args(given)
    rehearsal = _named(options.of)
    if options.machine:
        rehearsal = rehearsal.only(options.machine)
    for seed in range(options.seed, options.seed + options.seeds):
        try:
            done = rehearsal.run(seed, options.steps)
        except RehearsalError as found:
            sys.stdout.write(f"{shorten(rehearsal, found) if options.shorten else found}\n")
            return 1
        sys.stdout.write(f"{done}\n")
    return 0


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m crmflow.testing.rehearsal", description=__doc__)
    parser.add_argument("of", nargs="?", default=OURS, help="a Rehearsal, as module:NAME")
    parser.add_argument("--seed", type=int, default=1, help="decides everything; 1")
    parser.add_argument("--seeds", type=int, default=1, help="so many, from that one; 1")
    parser.add_argument("--steps", type=int, default=STEPS, help=f"decisions; {STEPS}")
    parser.add_argument("--machine", action="append", help="only this machine; again for more")
    parser.add_argument("--shorten", action="store_true", help="make what is found short")
    return parser


def _named(of: str) -> Rehearsal:
    """
    Return a rehearsal by where it stands.

    Raises:
        SystemExit: There is none.
    """
    module, _, name = of.partition(":")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise SystemExit(f"no rehearsal {of!r}: {error}; expected such as {OURS!r}") from error
    if not isinstance(found, Rehearsal):
        raise SystemExit(f"{of!r} is no Rehearsal; expected such as {OURS!r}")
    return found


if __name__ == "__main__":
    sys.exit(main())
