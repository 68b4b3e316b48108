"""Plugins: loading, naming what fails, and why their order never shows."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pluggy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmflow.clock import ManualClock
from crmflow.codec import moment
from crmflow.core.actor import Actor
from crmflow.core.decision import Decision
from crmflow.core.errors import (
    CrmflowError,
    MachineDefinitionError,
    PluginDefinitionError,
    PolicyFailedError,
    UnknownMachineError,
)
from crmflow.core.machine import Kind, Machine, Row, State
from crmflow.core.people import Person
from crmflow.core.ref import UNBORN
from crmflow.core.verdict import Answer, Verdict
from crmflow.engine.engine import Engine
from crmflow.hookspecs import hookimpl
from crmflow.plugins.answers import HOOKS, Answers
from crmflow.plugins.bringing import find_machines, plugin_machines
from crmflow.plugins.loading import Plugins, load_plugins
from crmflow.states import MACHINES, load

SALES = Actor("sales-1", {"salesperson"})
MODULE = """
from __future__ import annotations
from decimal import Decimal
import attrs
from crmflow import UNBORN, Kind, Machine, Row, State, copied, hookimpl

@attrs.frozen
class Facts:
    worth: Decimal

@hookimpl
def machines():
    states = (State("drawn", "图", "drawn", Kind.INITIAL),)
    row = Row(UNBORN, "draw", "drawn", form=Facts, sets=copied("worth"))
    return [Machine("plan", Facts, states, (row,), zh="图", en="plan")]
"""


def machine(name: str) -> Machine:
    """Return a small machine of that name."""
    states = (State("open", "开", "open", Kind.INITIAL),)
    return Machine(name, Person, states, (Row(UNBORN, "start", "open"),), zh=name, en=name)


def plugin(name: str, /, **hooks: Callable[..., object]) -> SimpleNamespace:
    """Return a plugin object that answers hooks with these functions."""
    return SimpleNamespace(**{hook: hookimpl(fn) for hook, fn in hooks.items()}, __name__=name)


def released(name: str, version: str) -> SimpleNamespace:
    """Return a plugin object that tells its version."""
    found = plugin(name, texts=lambda: {"x": name})
    found.__version__ = version
    return found


def bringing(name: str, *machines: object) -> object:
    """Return a plugin that brings machines."""
    return plugin(name, machines=lambda: machines)


def judging(name: str, ask: Callable[..., object]) -> object:
    """Return a plugin that judges the dropping of leads."""
    return plugin(name, judge_for=lambda event: ask if event == "drop" else None)


def engine(*plugins: object) -> Engine:
    """Return an engine of leads."""
    clock = ManualClock(moment(0))
    return Engine("memory:", machines=["lead"], plugins=plugins, clock=clock)


def dropped(made: Engine) -> Decision:
    """Return the decision on dropping a new lead."""
    lead = made.create("lead", {"name": "Buyer", "source": "internet"}, id="L-1", actor=SALES)
    return made.fire(lead.require().entity, "drop", {"reason": "no need"}, actor=SALES)


def faults(*plugins: object) -> tuple[str, ...]:
    """Return the faults of loading plugins."""
    with pytest.raises(PluginDefinitionError) as caught:
        load_plugins(plugins, installed=False, own=False)
    return caught.value.faults


VERDICTS = st.lists(
    st.builds(
        Verdict,
        st.sampled_from(["budget", "tiers"]),
        st.sampled_from(Answer),
        st.sampled_from(["too_much", "too_soon"]),
    ),
    min_size=2,
    max_size=4,
)


@settings(max_examples=12)  # each starts two engines
@given(VERDICTS, st.data())
def test_order_of_plugins_does_not_show(verdicts: list[Verdict], data: st.DataObject) -> None:
    """Any order of the same plugins gives the same decision, record and bytes included."""
    plugins = [
        judging(f"p{number}", lambda _before, _proposal, verdict=verdict: verdict)
        for number, verdict in enumerate(verdicts)
    ]
    made, shuffled = engine(*plugins), engine(*data.draw(st.permutations(plugins)))
    decision, other = dropped(made), dropped(shuffled)
    assert decision == other
    assert list(made.journal(("lead", "L-1"))) == list(shuffled.journal(("lead", "L-1")))
    refused = any(verdict.answer is Answer.REFUSE for verdict in verdicts)
    held = not refused and any(verdict.answer is Answer.HOLD for verdict in verdicts)
    assert (decision.accepted, decision.held) == (not refused, held)


@given(st.permutations(["a", "b", "c"]))
def test_order_of_plugins_does_not_show_in_answers(names: list[str]) -> None:
    """Machines, texts, digest and the one that is blamed are the same in any order."""

    def fails() -> object:
        raise ZeroDivisionError

    found = load_plugins([released(name, name) for name in names], installed=False, own=False)
    answers = Answers(found).ask("texts", {"lang": "en"})
    assert answers == [(name, {"x": name}) for name in "abc"]
    assert found.identities == ("a a", "b b", "c c")
    with pytest.raises(PolicyFailedError, match="plugin 'a'"):
        plugin_machines(
            load_plugins([plugin(n, machines=fails) for n in names], installed=False, own=False)
        )


def no_verdict(*_: object) -> object:
    """Answer with what is no verdict."""
    return True


def raising(*_: object) -> object:
    """Raise."""
    message = "no such table"
    raise LookupError(message)


def no_answer(*_: object) -> Verdict:
    """Answer with what no verdict can say."""
    return Verdict("p", "perhaps")  # type: ignore[arg-type]


@pytest.mark.parametrize("ask", [no_verdict, raising, no_answer])
def test_failing_judge_is_named_and_nothing_is_stored(ask: Callable[..., object]) -> None:
    """A judge that raises or gives no verdict stops its event, not the entity."""
    made = engine(judging("broken", ask))
    with pytest.raises(PolicyFailedError, match="'broken' raised in hook 'judge_for'") as caught:
        dropped(made)
    assert (caught.value.event, caught.value.__cause__ is None) == ("drop", False)
    assert made.get(("lead", "L-1")).version == 1
    assert [record.event.name for record in made.journal(("lead", "L-1"))] == ["find"]


@pytest.mark.parametrize("hook", ["judge_for", "machines"])
def test_failing_hook_is_named_when_an_engine_starts(hook: str) -> None:
    """A plugin that raises keeps the engine from starting; the error names it and the hook."""

    def broken() -> object:
        message = "no such table"
        raise LookupError(message)

    with pytest.raises(PolicyFailedError, match=f"'broken' raised in hook '{hook}'") as caught:
        engine(plugin("broken", **{hook: broken}))
    assert isinstance(caught.value.__cause__, LookupError)


def test_failing_texts_are_named_when_told() -> None:
    """Texts are asked for later: the engine runs, and the error says whose they are."""
    made = engine(plugin("broken", texts=lambda lang: {}[lang]))
    with pytest.raises(PolicyFailedError, match=r"'broken' raised in hook 'texts'; nothing"):
        made.texts("zh")


@pytest.mark.parametrize(
    ("hook", "answer", "expected"),
    [
        ("machines", machine("visit"), "a list of machines"),
        ("judge_for", Verdict("p", Answer.ALLOW), "a function"),
    ],
)
def test_wrong_answers_are_refused(hook: str, answer: object, expected: str) -> None:
    """What a hook does not ask for is refused when an engine starts."""
    with pytest.raises(PluginDefinitionError, match=f"'odd'.*\n.*{hook}.*expected {expected}"):
        engine(plugin("odd", **{hook: lambda: answer}))


def test_wrong_texts_are_refused() -> None:
    """Texts are tables."""
    with pytest.raises(PluginDefinitionError, match="expected tables of texts"):
        engine(plugin("odd", texts=lambda: "words")).texts()


def test_no_answer_counts_as_none() -> None:
    """A plugin may have no opinion, no machines and no texts."""
    quiet = plugin("quiet", machines=lambda: None, texts=lambda: None, judge_for=lambda: None)
    made = engine(quiet)
    assert not made.registry.judges
    assert made.texts().tables == Engine("memory:", machines=()).texts().tables
    assert dropped(made).accepted


def test_machines_of_plugins_are_found() -> None:
    """Machines are switched on by name, as objects, or all together."""
    visit, own = machine("visit"), machine("own")
    plugins = load_plugins([bringing("a", visit)], installed=False, own=False)
    assert find_machines(["visit", "lead", own, "visit"], plugins) == {
        "visit": visit, "lead": load("lead"), "own": own,
    }  # fmt: skip
    assert set(find_machines(None, plugins)) == {*MACHINES, "visit"}
    with pytest.raises(UnknownMachineError, match=r"'vist'\. Did you mean 'visit'\?"):
        find_machines(["vist"], plugins)


def test_two_machines_of_one_name_are_refused() -> None:
    """A machine given as an object does not silently replace another."""
    plugins = load_plugins(installed=False, own=False)
    with pytest.raises(MachineDefinitionError, match=r"'lead'.*\n.*another machine of this name"):
        find_machines(["lead", machine("lead")], plugins)


@given(st.permutations(["a", "b"]))
def test_a_machine_name_is_brought_once(names: Sequence[str]) -> None:
    """Both plugins are named, in whatever order they are given."""
    plugins = [bringing(name, machine("visit")) for name in names]
    with pytest.raises(PluginDefinitionError) as caught:
        engine(*plugins)
    assert caught.value.plugin == "b"
    assert caught.value.faults == ("machine 'visit' exists already, brought by 'a'",)


def test_faults_of_brought_machines_are_named_at_once() -> None:
    """A shipped name and what is no machine are refused together."""
    with pytest.raises(PluginDefinitionError) as caught:
        engine(bringing("odd", "visit", machine("lead"), machine("visit")))
    assert caught.value.faults == (
        "hook 'machines' gave 'visit', which is no Machine",
        "machine 'lead' exists already, brought by 'crmflow'",
    )


def test_unknown_hook_has_a_hint() -> None:
    """A mistyped hook would never be asked."""
    (fault,) = faults(plugin("odd", judgefor=lambda: None))
    assert fault == "unknown hook 'judgefor'. Did you mean 'judge_for'?"


def test_all_unknown_hooks_are_named_at_once() -> None:
    """One look shows everything that is wrong with a plugin."""
    assert len(faults(plugin("odd", before=raising, after=raising, texts=raising))) == 2


def test_hook_of_a_later_release_may_be_optional() -> None:
    """A plugin can say that an older release need not know its hook."""
    later = SimpleNamespace(ask_later=hookimpl(optionalhook=True)(raising), __name__="later")
    assert load_plugins([later], installed=False, own=False).has_plugin("later")


def test_unknown_argument_is_refused() -> None:
    """An implementation asks only for what its hook gives."""

    def judge_for(machine: Machine, actor: Actor) -> None:
        return None

    (fault,) = faults(plugin("odd", judge_for=judge_for))
    assert "'actor'" in fault
    assert "\n" not in fault


@pytest.mark.parametrize("flag", ["wrapper", "hookwrapper", "tryfirst", "trylast"])
def test_order_cannot_be_asked_for(flag: str) -> None:
    """Wrappers and places in an order are refused instead of passed over."""

    def texts() -> Iterator[None]:
        yield

    mark: Any = hookimpl
    odd = SimpleNamespace(texts=mark(**{flag: True})(texts), __name__="odd")
    (fault,) = faults(plugin("fine", texts=raising), odd)
    assert fault.startswith(f"hook 'texts' is marked {flag}:")


@pytest.mark.parametrize("idle", [SimpleNamespace(machines=list), object(), "json"])
def test_plugin_without_hooks_is_refused(idle: object) -> None:
    """A forgotten mark is told, not passed over."""
    (fault,) = faults(idle)
    assert fault.startswith("it answers no hook: mark functions with `hookimpl`")
    assert ", ".join(map(repr, HOOKS)) in fault


def test_unimportable_plugin_is_named(tmp_path: Path) -> None:
    """The error says what was asked for and what went wrong."""
    assert "ModuleNotFoundError" in faults("no_such_plugin")[0]
    assert faults(tmp_path / "gone.py") == ("there is no such file",)
    broken = tmp_path / "broken.py"
    broken.write_text("1 / 0")
    assert faults(str(broken)) == ("importing it raised ZeroDivisionError: division by zero",)
    assert not any(getattr(m, "__file__", None) == str(broken) for m in sys.modules.values())


def test_file_is_a_whole_module(tmp_path: Path) -> None:
    """Classes of a file are resolved like those of a package, and it is loaded once."""
    path = tmp_path / "drawing.py"
    path.write_text(MODULE)
    made = Engine("memory:", machines=["plan"], plugins=[str(path)])
    plan = made.create("plan", {"worth": "12.50"}, actor=SALES).require().entity
    assert str(made.get(plan).facts.worth) == "12.50"
    again = load_plugins([path, str(path)], installed=False, own=False)
    assert again.has_plugin("drawing")
    assert again.get_plugins() <= made.plugins.get_plugins()


def test_names_tell_plugins_apart() -> None:
    """Modules and classes have names; an object without one is called after its class."""

    class Nameless:
        @hookimpl
        def texts(self) -> object:
            return {}

    module = ModuleType("acme")
    module.__dict__["texts"] = hookimpl(raising)
    nameless = Nameless()
    found = load_plugins([module, nameless, nameless], installed=False, own=False)
    kind = f"{__name__}.{Nameless.__qualname__}"
    assert [name for name, _ in found.list_name_plugin()] == ["acme", kind]
    assert "another plugin has this name" in faults(nameless, Nameless())[0]


def test_one_text_is_no_list() -> None:
    """A text given in place of a list is not taken letter by letter."""
    with pytest.raises(TypeError, match=r"write \['acme'\]"):
        load_plugins("acme")
    with pytest.raises(TypeError, match=r"write \['lead'\]"):
        find_machines("lead", load_plugins(installed=False, own=False))


def test_another_version_is_another_policy_set(tmp_path: Path) -> None:
    """The digest in every record tells settings, plugins and their versions apart."""

    def basis(*plugins: object) -> str:
        return engine(*plugins).registry.machines["lead"].basis.policies

    path = tmp_path / "one" / "acme.py"
    other = tmp_path / "two" / "acme.py"
    for file, text in ((path, MODULE), (other, f"{MODULE}\n# changed")):
        file.parent.mkdir()
        file.write_text(text)
    given: list[list[object]] = [[], [path], [other]]
    given += [[plugin("acme", texts=raising)], [released("acme", "1")], [released("acme", "2")]]
    assert len({basis(*plugins) for plugins in given}) == len(given)
    assert basis(*given[-1]) == basis(released("acme", "2"))


def installed(folder: Path, package: str, version: str, points: str) -> None:
    """Put a package's metadata into a folder, as an installer does."""
    info = folder / f"{package}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(f"[crmflow]\n{points}\n")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a folder of installed packages."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_installed_plugins_are_found(site: Path) -> None:
    """An entry point is enough; its package's version counts, and naming it again is harmless."""
    (site / "acme_plans.py").write_text(MODULE)
    installed(site, "acme", "1.2", "plans = acme_plans")
    found = load_plugins(["acme_plans"])
    assert "plans 1.2" in found.identities
    assert [n for n, _ in found.list_name_plugin() if "plans" in n] == ["plans"]
    assert "plan" in find_machines(None, found)
    assert not load_plugins(installed=False, own=False).get_plugins()


def test_broken_installed_plugin_is_named(site: Path) -> None:
    """What cannot be loaded says where it is declared."""
    installed(site, "acme", "1.2", "plans = acme_gone:plans")
    with pytest.raises(PluginDefinitionError, match=r"'plans'.*\n.*acme_gone:plans raised Mod"):
        load_plugins()


def test_two_packages_do_not_share_a_name(site: Path) -> None:
    """One does not silently hide the other."""
    for name in ("acme", "other"):
        (site / f"{name}_plans.py").write_text(MODULE)
        installed(site, name, "1", f"plans = {name}_plans")
    with pytest.raises(PluginDefinitionError, match=r"'plans'.*\n.*another plugin has this name"):
        load_plugins()


def test_plugins_that_engines_share_stay_as_they_are() -> None:
    """What one of them adds or takes out would be there, or be gone, in all the others."""
    one, other = engine(), engine()
    assert one.plugins is other.plugins
    before = one.plugins.identities
    with pytest.raises(PluginDefinitionError, match=r"'mine'.*\n.*share theirs as they are"):
        one.plugins.add(bringing("mine", machine("mine")), "mine")
    with pytest.raises(PluginDefinitionError, match=r"'sla'.*\n.*share theirs as they are"):
        one.plugins.unregister(name="sla")
    assert other.plugins.identities == before
    assert other.plugins.has_plugin("sla")
    own = engine(bringing("yours", machine("yours"))).plugins
    own.add(bringing("mine", machine("mine")), "mine")
    assert own.unregister(name="mine") is not None


def test_plugins_are_a_pluggy_manager() -> None:
    """What pluggy's tools show of a manager, they show of ours."""
    assert isinstance(Plugins(), pluggy.PluginManager)
    assert issubclass(PluginDefinitionError, CrmflowError)
