"""The report: each family's score, each survivor with what was changed, and the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import unified_diff

import attrs

from scripts.mutants.score import SURVIVED, Score, whole, wilson

Change = Callable[[str], Sequence[str]]
"""What a mutant changed, by its name: lines begin with `-` or `+`."""


@attrs.frozen
class Answer:
    """
    Why nobody can tell a mutant from the original.

    Attributes:
        line: Last line of the change, as the report shows it. Names of mutants are numbers, so
            another change may come to have this name: then the answer does not hold.
        why: The reason.
    """

    line: str
    why: str


def held(answers: Mapping[str, Answer], living: Iterable[str], changed: Change) -> set[str]:
    """Return the survivors whose answers are of what they changed."""
    return {name for name in living if name in answers and answers[name].line == changed(name)[-1]}


def loose(
    answers: Mapping[str, Answer], codes: Mapping[str, int | None], changed: Change
) -> Sequence[str]:
    """Return the answers of mutants that are killed, or that changed something else."""
    tried = [name for name in answers if codes.get(name) is not None]
    holding = held(answers, (name for name in tried if codes[name] == SURVIVED), changed)
    return [name for name in tried if name not in holding]


def changed(lines: Sequence[str], spans: Mapping[str, Sequence[int]], name: str) -> Sequence[str]:
    """
    Return what a mutant changed.

    Args:
        lines: The module as mutmut wrote it, with all its mutants.
        spans: First and last line of each function in it, by the function's name.
        name: The mutant.
    """
    own = name.rpartition(".")[2]
    mangled = own.partition("__mutmut_")[0]
    plain = mangled.rpartition("ǁ")[2] if "ǁ" in mangled else mangled.removeprefix("x_")
    before, after = (
        [line.strip().replace(one, plain) for line in lines[first - 1 : last]]
        for one in (f"{mangled}__mutmut_orig", own)
        for first, last in (spans[one],)
    )
    found = list(unified_diff(before, after, n=0, lineterm=""))[2:]
    return [f"{line[0]} {line[1:]}" for line in found if not line.startswith("@@")]


def percents(rate: float | None, count: float, *, sample: bool) -> str:
    """Return a share as percent, with its interval where it is that of a sample."""
    if rate is None:
        return "none tried"
    if not sample:
        return f"{100 * rate:.1f} %"
    low, high = wilson(rate, count)
    return f"{100 * rate:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def told(score: Score, changed: Change, *, sample: bool) -> Iterator[str]:
    """Yield the lines of a family: its score, and what survives."""
    if not score.there:
        yield f"{score.name}: nothing in it can be changed"
        return
    yield (
        f"{score.name}: {percents(score.rate, score.tried, sample=sample)}: "
        f"{score.killed} of {score.tried} killed, {score.endless} of them by time; "
        f"{len(score.answered)} answered, {len(score.unreached)} reached by no test, "
        f"{score.untried} untried, {score.there} there are"
    )
    for kind, names in (("survived", score.survived), ("reached by no test", score.unreached)):
        for name in names:
            yield f"  {kind}: {name}"
            yield from (f"    {line}" for line in changed(name))


def summed(scores: Sequence[Score], *, sample: bool) -> str:
    """Return the line of all families."""
    all_, tried = whole(scores), sum(one.tried for one in scores)
    there = sum(one.there for one in scores)
    killed = sum(one.killed for one in scores)
    endless = sum(one.endless for one in scores)
    answered = sum(len(one.answered) for one in scores)
    missing = f"; NOT TRIED: {', '.join(all_.missing)}" if all_.missing else ""
    return (
        f"{'a sample' if sample else 'all'}: {percents(all_.rate, all_.worth, sample=sample)}: "
        f"{killed} of {tried} killed, {endless} of them by time; {answered} answered, "
        f"{sum(one.untried for one in scores)} untried, {there} there are{missing}"
    )
