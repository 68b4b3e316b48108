"""What a report says of mutants."""

from __future__ import annotations

from collections.abc import Sequence

from scripts.mutants.report import Answer, changed, held, loose, summed, told
from scripts.mutants.score import Score

MODULE = """\
def x_f__mutmut_orig(a):
    b = a + 1
    return g(
        a,
        b,
    )
def x_f__mutmut_1(a):
    b = a - 1
    return g(
        a,
        b,
    )
def x_f__mutmut_2(a):
    b = a + 1
    return g(
        b,
    )
""".splitlines()
SPANS = {"x_f__mutmut_orig": [1, 6], "x_f__mutmut_1": [7, 12], "x_f__mutmut_2": [13, 17]}
METHODS = """\
    def xǁKindǁnamed__mutmut_orig(self, name="$"):
        return name
    def xǁKindǁnamed__mutmut_1(self, name="XX$XX"):
        return name
""".splitlines()
SURVIVOR = "crmflow.core.x.x_f__mutmut_1"


def _changed(name: str) -> Sequence[str]:
    return changed(MODULE, SPANS, name)


def test_a_change_is_the_lines_that_differ() -> None:
    """The function's other name is no change; what is left out has no new line."""
    assert _changed(SURVIVOR) == ["- b = a + 1", "+ b = a - 1"]
    assert _changed("crmflow.core.x.x_f__mutmut_2") == ["- a,"]


def test_a_function_has_its_own_name() -> None:
    """Where its arguments were changed: what mutmut calls it nobody knows."""
    spans = {"xǁKindǁnamed__mutmut_orig": [1, 2], "xǁKindǁnamed__mutmut_1": [3, 4]}
    assert changed(METHODS, spans, "crmflow.core.x.xǁKindǁnamed__mutmut_1") == [
        '- def named(self, name="$"):',
        '+ def named(self, name="XX$XX"):',
    ]


def test_an_answer_holds_of_the_line_it_was_given_for() -> None:
    """Names are numbers: another change that has the name by now is not answered."""
    answers = {SURVIVOR: Answer("+ b = a - 1", "b is not looked at")}
    moved = {SURVIVOR: Answer("+ c = 1", "c is not looked at")}
    assert held(answers, [SURVIVOR, "crmflow.core.x.x_f__mutmut_2"], _changed) == {SURVIVOR}
    assert held(moved, [SURVIVOR], _changed) == set()


def test_answers_that_do_not_hold_are_found() -> None:
    """Of what is killed, and of another line; nothing is said of what was not tried."""
    answers = {SURVIVOR: Answer("+ b = a - 1", ""), "unknown": Answer("", "")}
    moved = {SURVIVOR: Answer("+ c = 1", "")}
    assert loose(answers, {SURVIVOR: 0}, _changed) == []
    assert loose(answers, {SURVIVOR: None}, _changed) == []
    assert loose(answers, {SURVIVOR: 1}, _changed) == [SURVIVOR]
    assert loose(moved, {SURVIVOR: 0}, _changed) == [SURVIVOR]


def test_survivors_are_told_with_what_was_changed() -> None:
    """By name, so that they can be looked at, and by line, so that they need not."""
    score = Score(
        "core/x", 40, killed=8, endless=1, answered=("a",), survived=(SURVIVOR,),
        unreached=("crmflow.core.x.x_f__mutmut_2",), untried=3,
    )  # fmt: skip
    assert list(told(score, _changed, sample=False)) == [
        (
            "core/x: 80.0 %: 8 of 10 killed, 1 of them by time; 1 answered, "
            "1 reached by no test, 3 untried, 40 there are"
        ),
        f"  survived: {SURVIVOR}",
        "    - b = a + 1",
        "    + b = a - 1",
        "  reached by no test: crmflow.core.x.x_f__mutmut_2",
        "    - a,",
    ]


def test_a_sample_has_an_interval() -> None:
    """What was seen of a sample is not what is so of all."""
    (line,) = told(Score("core/x", 500, killed=20), _changed, sample=True)
    assert line.startswith("core/x: 100.0 % (83.9 to 100.0): 20 of 20 killed")


def test_nothing_is_no_percentage() -> None:
    """Neither a family that was not tried nor one without mutants is 100 %."""
    (untried,) = told(Score("core/x", 5, untried=5), _changed, sample=True)
    (empty,) = told(Score("core/y", 0), _changed, sample=True)
    assert untried.startswith("core/x: none tried: 0 of 0 killed")
    assert empty == "core/y: nothing in it can be changed"


def test_the_sum_says_that_it_is_a_sample_and_what_is_missing() -> None:
    """Of a whole run neither is said."""
    scores = [Score("one", 100, killed=90, survived=tuple("abcdefghij")), Score("two", 7)]
    assert summed(scores[:1], sample=False) == (
        "all: 90.0 %: 90 of 100 killed, 0 of them by time; 0 answered, 0 untried, 100 there are"
    )
    assert summed(scores, sample=True) == (
        "a sample: 90.0 % (82.6 to 94.5): 90 of 100 killed, 0 of them by time; 0 answered, "
        "0 untried, 107 there are; NOT TRIED: two"
    )
