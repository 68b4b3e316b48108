"""What a machine's table, texts and settings lack."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

import attrs
import pytest

from crmflow.analysis.check import Checked, Finding, check_machine, codes_of
from crmflow.core.errors import ConfigurationError
from crmflow.core.form import Check
from crmflow.core.machine import Asked, Blank, Guard, Kind, Machine, Open, Row, Start, State
from crmflow.core.ref import UNBORN
from crmflow.core.timer import Elapsed
from crmflow.states import EVERY, load
from crmflow.texts import LANGUAGES, Texts

BOTH = tuple(map(Texts, LANGUAGES))


class Size(StrEnum):
    """A choice."""

    SMALL = "small"


@attrs.frozen
class Facts:
    """What is known of a box."""

    size: Size | None = None


@attrs.frozen
class Packing:
    """What packing brings."""

    sizes: tuple[Size, ...]
    weight: Annotated[int, Check("too_heavy", lambda value: value != 1, "less")]


def holds(_attempt: Asked) -> bool:
    """Hold always."""
    return True


def role(_attempt: Asked) -> str:
    """Return a role."""
    return "packer"


BOX = Machine(
    "box",
    Facts,
    zh="箱",
    en="box",
    states=(State("open", "开", "open", Kind.INITIAL), State("shut", "关", "shut", Kind.FINAL)),
    rows=(
        Row(UNBORN, "make", "open", rules="BOX-001"),
        Row(
            "open", "pack", "shut",
            form=Packing, who="packer",
            guards=(Guard(holds, "is_torn", rules="BOX-002", roles="mender"),),
            start=(Start("dry", "burn", Elapsed(timedelta(days=1))),),
            tasks=(Open("look", "porter"), Open("see", role)),
        ),
        Row("open", "burn", "shut"),
    ),
    blanks=(Blank("box.limit", "duration", "How long it may stand.", "BOX-003"),),
)  # fmt: skip


def found(checked: Checked, code: str) -> list[str]:
    """Return where findings of a code are."""
    return [one.where for one in checked.findings if one.code == code]


@pytest.mark.parametrize("name", EVERY)
def test_shipped_machines_lack_nothing(name: str) -> None:
    """With the blanks filled, in both languages."""
    checked = check_machine(load(name), BOTH, "demo")
    assert checked.findings == ()
    assert checked.machine == name
    assert len(checked.rules) > 3


def test_counts_and_rules() -> None:
    """Rules of rows, guards and blanks; rows without any are information."""
    checked = check_machine(BOX, (), None, {"box.limit": "2d"})
    assert (checked.states, checked.events, checked.rows, checked.version) == (2, 3, 3, 1)
    assert checked.rules == ("BOX-001", "BOX-002", "BOX-003")
    assert checked.findings == ()
    row = "open --burn-> shut"
    assert checked.information == (Finding("no_rule", row, f"row '{row}' cites no rule"),)


def test_codes_are_all_that_people_are_shown() -> None:
    """Choices in lists and checks of fields among them."""
    codes = set(codes_of(BOX))
    assert {
        ("events", "pack"),
        ("reasons", "is_torn"),
        ("tasks", "look"),
        ("timers", "dry"),
        ("roles", "packer"),
        ("roles", "mender"),
        ("roles", "porter"),
        ("roles", "administrator"),
        ("fields", "weight"),
        ("fields", "size"),
        ("choices", "small"),
        ("faults", "too_heavy"),
    } <= codes


def test_missing_texts_are_found_in_each_language() -> None:
    """Until a table brings them."""
    checked = check_machine(BOX, BOTH, None, {"box.limit": "2d"})
    assert "zh events" in found(checked, "text")
    assert "en events" in found(checked, "text")
    messages = {one.message for one in checked.findings}
    assert "'pack' has no text: add it to [machine.box.events]" in messages
    tables: dict[str, dict[str, str]] = {}
    for section, code in codes_of(BOX):
        tables.setdefault(section, {})[code] = "text"
    told = [texts.with_tables([{"machine": {"box": tables}}]) for texts in BOTH]
    assert found(check_machine(BOX, told), "text") == []


def test_labels_are_texts_too() -> None:
    """Of the machine and of its states."""
    states = (State("open", " ", "open", Kind.INITIAL), BOX.states[1])
    checked = check_machine(attrs.evolve(BOX, zh="", states=states), (Texts("zh"),))
    assert found(checked, "text")[:2] == ["zh machine", "zh states"]


def test_blanks_that_are_not_configured() -> None:
    """Each by its key; a wrong value too."""
    (finding,) = check_machine(BOX, ()).findings
    assert (finding.code, finding.where) == ("blank", "settings")
    assert finding.message.startswith("box.limit: missing")
    (finding,) = check_machine(BOX, (), None, {"box": {"limit": "soon"}}).findings
    assert "box.limit: type" in finding.message


def test_faults_of_the_table() -> None:
    """All at once, as when it is declared."""
    states = (*BOX.states, State("lost", "失", "lost"))
    checked = check_machine(attrs.evolve(BOX, states=states, blanks=()), ())
    assert found(checked, "table") == ["box"]
    assert "never reached" in checked.findings[0].message


def test_facts_of_no_class_have_no_fields() -> None:
    """The table's own check says so."""
    checked = check_machine(attrs.evolve(BOX, facts=int, blanks=()), BOTH)
    assert "no attrs class" in checked.findings[0].message


def test_unknown_profile_is_no_finding() -> None:
    """Nor is a key that no machine has: both are the caller's mistakes."""
    with pytest.raises(ConfigurationError, match="unknown profile"):
        check_machine(BOX, (), "power_plant")
    with pytest.raises(ConfigurationError, match=r"box\.limt: unknown"):
        check_machine(BOX, (), None, {"box.limt": "2d"})
    other = attrs.evolve(BOX, name="bag", blanks=())
    given = {"box.limit": "2d"}
    assert found(check_machine(other, (), None, given, others=[BOX]), "blank") == []
