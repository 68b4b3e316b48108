"""The example plugin: each thing it brings, its README, and its installation."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner, Result

from crmflow import (
    Actor,
    Adopting,
    Because,
    ConfigurationError,
    Decision,
    Engine,
    Entry,
    Event,
    ManualClock,
    Occurrence,
    Overlay,
    Parcel,
    RefusedError,
    Store,
    hookimpl,
    open_store,
)
from crmflow.analysis.check import check_machine
from crmflow.cli.app import app
from crmflow.core.message import Message, MessageKind
from crmflow.core.ref import EntityRef
from crmflow.engine.starting import brought
from crmflow.plugins.bringing import find_machines, plugin_machines, texts_of
from crmflow.plugins.loading import load_plugins
from tests.docs.pages import Run

ACME = Path(__file__).parents[2] / "examples" / "acme"
README = ACME / "README.md"
PLUGIN = "crmflow_acme"
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
SALES = Actor("sales-1", {"salesperson"})
HEAD = Actor("head-1", {"department_head"})
SUPERVISOR = Actor("supervisor-1", {"business_supervisor"})
ADMIN = Actor("admin-1", {"administrator"})
WITHIN = {"acme.sample.return_within": "14d"}

Ref = tuple[str, str]


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Python find the plugin, and no setting of the host."""
    monkeypatch.syspath_prepend(str(ACME))
    for name in os.environ:
        if name.startswith(("ACME_", "CRMFLOW_")):
            monkeypatch.delenv(name)


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands still."""
    return ManualClock(AT)


@pytest.fixture
def started(clock: ManualClock) -> Iterator[Callable[..., Engine]]:
    """Return what starts engines of leads and samples, and closes them."""
    engines: list[Engine] = []

    def start(*limits: Mapping[str, object], store: str | Store = "memory:") -> Engine:
        own = Overlay(WITHIN, {"sample_limits": limits} if limits else {})
        machines = ["lead", "sample"]
        one = Engine(store, machines=machines, plugins=[PLUGIN], config=own, clock=clock)
        engines.append(one)
        return one

    yield start
    for one in engines:
        one.close()


@pytest.fixture
def engine(started: Callable[..., Engine]) -> Engine:
    """Return an engine with the plugin's own rows."""
    return started()


def request(engine: Engine, worth: str = "800 CNY", product: str = "pump") -> Ref:
    """Return a requested sample."""
    payload = {"customer": "C-1", "product": product, "worth": worth}
    return "sample", engine.create("sample", payload, actor=SALES).require().entity.id


def lend(engine: Engine, sample: Ref, actor: Actor = SALES, serial: str = "P-7") -> Decision:
    """Return the decision on lending a piece."""
    return engine.fire(sample, "lend", {"serial": serial}, actor=actor)


def lent(engine: Engine) -> Ref:
    """Return a sample that is lent."""
    sample = request(engine)
    lend(engine, sample).require()
    return sample


def lead(engine: Engine, **more: str) -> Ref:
    """Return a lead that was found."""
    payload = {"name": "Buyer", "source": "sales_visit", **more}
    return "lead", engine.create("lead", payload, actor=SALES).require().entity.id


# ---- The machine and its deadline ----------------------------------------------------------


def test_sample_is_asked_for_by_the_deadline(engine: Engine, clock: ManualClock) -> None:
    """The company's own setting says when, the row a week later again (ACM-003)."""
    sample = lent(engine)
    clock.advance(timedelta(days=14))
    assert not engine.run_due().fired
    clock.advance(timedelta(seconds=1))
    assert [one.event.name for one in engine.run_due().fired] == ["ask_back"]
    assert [(task.name, task.role) for task in engine.get(sample).tasks] == [
        ("ask_back", "salesperson")
    ]
    clock.advance(timedelta(days=7))
    assert [one.event.name for one in engine.run_due().fired] == ["ask_back"]


def test_sample_comes_back_in_time(engine: Engine, clock: ManualClock) -> None:
    """What ends is not asked for."""
    sample = lent(engine)
    ended = engine.fire(sample, "take_back", actor=SALES).require().snapshot
    assert (ended.state, ended.timers, ended.attached.claims) == ("returned", (), ())
    clock.advance(timedelta(days=30))
    assert not engine.run_due().fired
    assert ended.policy("sla").run("sample_return").status == "met"


def test_period_must_be_configured() -> None:
    """The blank has no silent default."""
    with pytest.raises(ConfigurationError, match=r"acme\.sample\.return_within: missing.*ACM-003"):
        Engine("memory:", machines=["sample"], plugins=[PLUGIN])


# ---- The table of limits -------------------------------------------------------------------

PUMPS = {"name": "pumps", "product": "pump", "worth": "3000 CNY", "role": "department_head"}


@pytest.mark.parametrize("worth", ["1000.01 CNY", "1 EUR"])
def test_dear_sample_is_lent_by_the_head(engine: Engine, worth: str) -> None:
    """The verdict names row, version, rule, roles and both amounts (ACM-002)."""
    sample = request(engine, worth)
    (verdict,) = lend(engine, sample).verdicts
    assert (verdict.policy, verdict.reason) == ("acme_limits", "sample_too_dear")
    assert (verdict.row, verdict.version, verdict.rules) == ("any", "0.1.0", ("ACM-002",))
    assert verdict.roles == ("department_head",)
    assert verdict.values == {"worth": worth, "limit": "1000 CNY"}
    assert lend(engine, sample, HEAD).accepted


def test_limit_itself_is_within(engine: Engine) -> None:
    """What is worth just as much is lent by anybody."""
    assert lend(engine, request(engine, "1000 CNY")).accepted


@pytest.mark.parametrize(
    ("product", "worth", "accepted"),
    [("pump", "3000 CNY", True), ("pump", "3001 CNY", False), ("press", "1001 CNY", False)],
)
def test_company_has_a_limit_of_its_own(
    started: Callable[..., Engine], product: str, worth: str, accepted: bool
) -> None:
    """A row about a product comes before the one about all."""
    engine = started(PUMPS)
    assert lend(engine, request(engine, worth, product)).accepted is accepted


def test_limit_has_days(clock: ManualClock) -> None:
    """A row counts on its days; on a day that no row is about, nobody lends."""
    until = [{"name": "any", "until_on": date(2026, 3, 2)}]
    own = Overlay(WITHIN | {"company.zone": "Asia/Shanghai"}, {"sample_limits": until})
    with Engine(
        "memory:", machines=["sample"], plugins=[PLUGIN], config=own, clock=clock
    ) as engine:
        samples = [request(engine), request(engine)]
        assert lend(engine, samples[0]).accepted
        clock.advance(timedelta(hours=7))  # the third of March in Shanghai
        (verdict,) = lend(engine, samples[1], HEAD, "P-8").verdicts
        assert (verdict.reason, verdict.rules) == ("no_sample_limit", ("ACM-002",))


def test_rows_are_checked_when_loaded() -> None:
    """Every fault of the table is told, each at its place."""
    rows = (
        {"name": "any", "product": "pump"},
        {**PUMPS, "worth": "-1 CNY", "role": "buyer"},
        {**PUMPS, "name": "old", "until_on": date(2020, 1, 1)},
        {**PUMPS, "name": "new", "from_on": date(2020, 1, 2)},
    )
    own = Overlay(WITHIN | {"company.zone": "Asia/Shanghai"}, {"sample_limits": rows})
    with pytest.raises(ConfigurationError) as caught:
        Engine("memory:", machines=["sample"], plugins=[PLUGIN], config=own)
    told = str(caught.value)
    assert told.count("  - ") == 8
    assert "$.sample_limits: missing, expected a row that names no product" in told
    assert "$.sample_limits[1].worth (pumps): negative, expected an amount of zero" in told
    assert "$.sample_limits[1].role (pumps): choice, expected one of department_head, sales" in told
    assert re.findall(r"\.product \((\w+)\): doubled, .*; '(\w+)'", told) == [
        ("pumps", "any"),
        ("old", "any"),
        ("old", "pumps"),
        ("new", "any"),
        ("new", "pumps"),
    ]


def test_rows_rest_while_the_machine_is_off() -> None:
    """Nothing is asked of the table where samples are not switched on."""
    off = Overlay(tables={"sample_limits": [{"name": "any", "enabled": False}]})
    Engine("memory:", machines=["lead"], plugins=[PLUGIN], config=off).close()


# ---- What is added to leads ----------------------------------------------------------------


@pytest.mark.parametrize(("known", "customer"), [({}, "Buyer"), ({"customer": "C-9"}, "C-9")])
def test_lead_is_offered_a_sample(engine: Engine, known: Mapping[str, str], customer: str) -> None:
    """The sample is an entity of its own, and the lead mirrors what becomes of it (ACM-005)."""
    found = lead(engine, **known)
    offer = {"product": "valve", "worth": "80 CNY"}
    decision = engine.fire(found, "offer_sample", offer, actor=SALES).require()
    assert decision.snapshot.state == "identified"
    (row,) = engine.find("sample")
    facts = engine.get(row.ref).facts
    assert (facts.customer, facts.product, str(facts.worth)) == (customer, "valve", "80 CNY")
    lend(engine, ("sample", row.ref.id)).require()
    (link,) = engine.get(found).links
    assert (link.name, link.state) == ("sample", "lent")
    assert link.facts == {"product": "valve", "serial": "P-7"}


def test_only_sales_offers(engine: Engine) -> None:
    """The row has its role, like any row."""
    offer = {"product": "valve", "worth": "80 CNY"}
    refused = engine.fire(lead(engine), "offer_sample", offer, actor=SUPERVISOR)
    assert refused.refusal is not None
    assert refused.refusal.roles == ("salesperson",)


def test_other_machines_are_left_alone() -> None:
    """Rows, judges and policies are for leads and samples alone."""
    manager = load_plugins([PLUGIN], installed=False)
    acme = importlib.import_module(PLUGIN)
    deal = find_machines(["deal"], manager)["deal"]
    assert deal.extension == ""
    assert not acme.policies_for(deal, None)
    assert acme.judge_for(deal, "drop", None) is None


def test_lead_of_a_known_customer_is_not_dropped(engine: Engine) -> None:
    """The judge refuses with reason, rule and roles, and nothing is stored (ACM-004)."""
    known = lead(engine, customer="C-1")
    refused = engine.fire(known, "drop", {"reason": "no need"}, actor=SALES)
    (verdict,) = refused.verdicts
    assert (verdict.reason, verdict.rules) == ("known_customer", ("ACM-004",))
    assert verdict.roles == ("business_supervisor",)
    assert engine.get(known).version == 1
    with pytest.raises(RefusedError, match=r"acme_leads: known_customer \(ACM-004\)"):
        refused.require()


def test_others_drop_and_are_dropped(engine: Engine) -> None:
    """The supervisor drops any lead, anybody one without a customer."""
    known, unknown = lead(engine, customer="C-1"), lead(engine)
    for entity, actor in ((known, SUPERVISOR), (unknown, SALES)):
        engine.fire(entity, "drop", {"reason": "no need"}, actor=actor).require()


# ---- The policy ----------------------------------------------------------------------------


def test_piece_is_lent_once_at_a_time(engine: Engine) -> None:
    """The refusal names who has it; once it is back it is lent again (ACM-006)."""
    first, second = lent(engine), request(engine)
    refused = lend(engine, second)
    assert refused.refusal is not None
    assert refused.refusal.because is Because.CLAIM
    assert refused.refusal.detail == f"acme_serial 'P-7' is held by sample {first[1]}"
    engine.fire(first, "take_back", actor=SALES).require()
    assert lend(engine, second).accepted


def test_sold_piece_is_never_lent_again(engine: Engine) -> None:
    """What was sold keeps its claim."""
    engine.fire(lent(engine), "sell", actor=SALES).require()
    refused = lend(engine, request(engine))
    assert refused.refusal is not None
    assert refused.refusal.because is Because.CLAIM


@pytest.mark.parametrize("state", ["lent", "sold"])
def test_adopted_sample_claims_its_piece(engine: Engine, state: str) -> None:
    """However it came to be out; one whose piece nobody knows claims nothing."""
    known = {"customer": "C-1", "product": "pump", "worth": "1 CNY"}
    for id_, serial, incomplete in (("S-1", {"serial": "P-7"}, False), ("S-2", {}, True)):
        entity = ("sample", id_)
        adopting = Adopting(entity, state, known | serial, reason="by hand", incomplete=incomplete)
        engine.adopt(adopting, actor=ADMIN).require()
    assert [one.value for one in engine.get(("sample", "S-1")).attached.claims] == ["P-7"]
    assert engine.get(("sample", "S-2")).attached.claims == ()
    assert not lend(engine, request(engine)).accepted


def test_policy_that_came_later_claims_what_is_lent(
    started: Callable[..., Engine], clock: ManualClock
) -> None:
    """Samples lent before it was there are found as lent when it is attached."""
    acme = importlib.import_module(PLUGIN)

    class Early:
        """The plugin in its first release: the machine alone."""

        __name__ = "early"

        @hookimpl
        def machines(self) -> object:
            """Bring it."""
            return acme.machines()

    store = open_store("memory:")
    early = Engine(store, machines=["sample"], plugins=[Early()], clock=clock)
    sample = lent(early)
    engine = started(store=store)
    assert engine.get(sample).attached.claims == ()
    assert len(engine.attach("acme_lending", actor=ADMIN).attached) == 1
    assert [one.value for one in engine.get(sample).attached.claims] == ["P-7"]


def test_second_time_is_the_heads(engine: Engine, clock: ManualClock) -> None:
    """One task, opened the second time it is asked back, and gone with the sample (ACM-007)."""
    sample = lent(engine)
    clock.advance(timedelta(days=22))
    engine.run_due()
    assert [task.role for task in engine.get(sample).tasks if task.name == "recover"] == [
        "department_head"
    ]
    assert engine.get(sample).policy("acme_lending").asked == 2
    assert engine.fire(sample, "take_back", actor=SALES).require().snapshot.tasks == ()


def test_what_it_remembers_had_one_shape() -> None:
    """A state of today's schema is read as it is."""
    policy = importlib.import_module(f"{PLUGIN}.lending").Lending()
    assert policy.upgraded(policy.schema, {"asked": 2}) == {"asked": 2}


@pytest.mark.parametrize("event", ["lend", "ask_back", "sell"])
def test_what_is_held_has_not_happened(engine: Engine, event: str) -> None:
    """What waits for an approval is neither claimed, counted nor told to anybody."""
    policy = importlib.import_module(f"{PLUGIN}.lending").Lending()
    snapshot = engine.get(request(engine) if event == "lend" else lent(engine))
    asked = Event(event, SALES, AT, None)
    held = Occurrence(snapshot, snapshot, asked, Entry.HELD)
    assert policy.evolve_for(event)(None, held) is None


# ---- The way outside -----------------------------------------------------------------------


@pytest.fixture
def sales(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file that sales are written to."""
    path = tmp_path / "folder" / "sales.csv"
    monkeypatch.setenv("ACME_SALES", str(path))
    return path


def test_sale_is_told_outside(
    started: Callable[..., Engine], sales: Path, clock: ManualClock
) -> None:
    """A handler that fails is given the message again, and it is written once (ACM-008)."""
    engine = started()
    sample = lent(engine)
    engine.fire(sample, "sell", actor=SALES).require()
    (error,) = engine.run_due().errors
    assert "plugin 'crmflow_acme' raised in hook 'handlers'" in str(error)
    assert len(engine.outbox()) == 1
    sales.parent.mkdir()
    clock.advance(timedelta(minutes=1))  # what failed waits a little before it is tried again
    assert not engine.run_due().errors
    assert engine.outbox() == []
    _, line = sales.read_text("utf-8").splitlines()
    assert line == f"{sample[1]},C-1,pump,800 CNY,main/sample/{sample[1]}/3/0"


def test_sale_waits_for_a_handler(
    started: Callable[..., Engine], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without a file there is no handler; an engine that has one delivers what waited."""
    store = open_store("memory:")
    engine = started(store=store)
    engine.fire(lent(engine), "sell", actor=SALES).require()
    assert engine.run_due().waiting == 1
    monkeypatch.setenv("ACME_SALES", str(tmp_path / "sales.csv"))
    assert started(store=store).run_due().waiting == 0
    assert len((tmp_path / "sales.csv").read_text("utf-8").splitlines()) == 2


def test_doubles_are_dropped(sales: Path) -> None:
    """Each key is written once, however often and in whatever order it comes."""
    acme: ModuleType = importlib.import_module(PLUGIN)
    sales.parent.mkdir()
    (handler,) = acme.handlers().values()
    sold = {"sample": "S-1", "customer": "C, 1", "product": "pump", "worth": "1 CNY"}
    message = Message(0, MessageKind.FIRE, "acme_sales", "C-1", "sold", sold)
    parcels = [Parcel(EntityRef("main", "sample", "S-1"), n, 0, message) for n in (3, 1, 13)]
    for parcel in (*parcels, *parcels):
        handler(parcel)
    keys = [line.rpartition(",")[2] for line in sales.read_text("utf-8").splitlines()[1:]]
    assert keys == [parcel.key for parcel in parcels]


# ---- Command line, texts, package ----------------------------------------------------------


def cli(*words: str) -> Result:
    """Return what a command came to, run in the present folder."""
    env = {"CRMFLOW_LANG": "en", "CRMFLOW_PLUGINS": PLUGIN, "CRMFLOW_MACHINES": "lead,sample"}
    return CliRunner(env=env).invoke(app, words, prog_name="crmflow")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with the one setting that is needed, and work in it."""
    (tmp_path / "crmflow.toml").write_text("settings.acme.sample.return_within = '14d'\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_lent_samples_are_listed(
    folder: Path, started: Callable[..., Engine], clock: ManualClock
) -> None:
    """By customer, and of one customer alone; what is not lent is not there."""
    engine = started(store=f"sqlite:///{folder}/crmflow.db")
    for id_, customer in (("S-1", "C-2"), ("S-2", "C-1"), ("S-3", "C-1")):
        payload = {"customer": customer, "product": "pump", "worth": "5 CNY"}
        engine.create("sample", payload, actor=SALES, id=id_).require()
        if id_ != "S-3":
            lend(engine, ("sample", id_), serial=id_).require()
    rows = json.loads(cli("sample", "list", "-o", "json").stdout)
    assert [(row["customer"], row["id"]) for row in rows] == [("C-1", "S-2"), ("C-2", "S-1")]
    assert rows[0] == {
        "customer": "C-1",
        "id": "S-2",
        "product": "pump",
        "serial": "S-2",
        "worth": "5 CNY",
        "since": "2026-03-02T09:00:00+00:00",
    }
    (row,) = json.loads(cli("sample", "list", "--customer", "C-2", "-o", "json").stdout)
    assert row["id"] == "S-1"
    assert "Samples that are lent to customers." in cli("--help").stdout


@pytest.mark.usefixtures("folder")
def test_plugin_check_is_clean() -> None:
    """It loads, answers and fits; so do its rows."""
    for words in (("plugin", "check"), ("machine", "check", "lead", "sample")):
        done = cli(*words, "-o", "json")
        assert done.exit_code == 0, done.output
    assert cli("policy", "check").exit_code == 0
    assert json.loads(cli("plugin", "check", "-o", "json").stdout) == []


def test_machines_lack_no_text() -> None:
    """Whatever a machine shows to people has its text in both languages."""
    manager = load_plugins([PLUGIN], installed=False)
    spoken = [texts_of(manager, lang) for lang in ("en", "zh")]
    others, rows = plugin_machines(manager).values(), brought(manager)
    for machine in find_machines(["lead", "sample"], manager).values():
        found = check_machine(machine, spoken, None, WITHIN, others=others, brought=rows)
        assert found.findings == ()


@pytest.mark.parametrize(
    ("lang", "drop", "dear", "lines"),
    [
        ("en", "only the business supervisor", "it is worth 2000 CNY, more than 1000", "piece P-7"),
        ("zh", "只有业务主管", "价值 2000 CNY，超过 1000 CNY", "样机序列号 P-7"),
        ("zh-CN", "只有业务主管", "价值 2000 CNY", "样机序列号 P-7"),
    ],
)
def test_everything_is_told(engine: Engine, lang: str, drop: str, dear: str, lines: str) -> None:
    """The plugin's texts tell its refusals, and what its policy remembers."""
    known, sample = lead(engine, customer="C-1"), lent(engine)
    told = engine.explain(known, "drop", {"reason": "no need"}, actor=SALES, lang=lang)
    assert drop in str(told)
    asked = engine.explain(
        request(engine, "2000 CNY"), "lend", {"serial": "P"}, actor=SALES, lang=lang
    )
    assert dear in str(asked)
    assert lines in str(engine.explain(sample, "sell", actor=SALES, lang=lang))


def test_explanation_tells_how_often(engine: Engine, clock: ManualClock) -> None:
    """What was asked back says so."""
    sample = lent(engine)
    clock.advance(timedelta(days=15))
    engine.run_due()
    assert "asked back, times: 1" in str(engine.explain(sample, "sell", actor=SALES))


def test_languages_say_the_same() -> None:
    """Both tables have the same keys in the same order."""

    def keys(table: object) -> object:
        return [(k, keys(v)) for k, v in table.items()] if isinstance(table, Mapping) else None

    acme = importlib.import_module(PLUGIN)
    assert keys(acme.texts("en")) == keys(acme.texts("zh"))


@pytest.mark.slow
def test_package_is_found_by_its_entry_point(tmp_path: Path) -> None:
    """Installed, it is loaded unasked, and its tables and texts came along."""
    site = tmp_path / "site"
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    offline = ("--no-index", "--no-deps", "--no-build-isolation", "--target", str(site))
    subprocess.run([*pip, *offline, str(ACME)], check=True)
    (tmp_path / "crmflow.toml").write_text("settings.acme.sample.return_within = '14d'\n")
    path = os.pathsep.join((str(site), str(ACME.parents[1] / "src")))
    env = os.environ | {"PYTHONPATH": path, "CRMFLOW_MACHINES": "lead,sample"}

    def crmflow(*words: str) -> list[dict[str, object]]:
        command = [sys.executable, "-m", "crmflow", *words, "-o", "json"]
        done = subprocess.run(command, cwd=tmp_path, env=env, check=True, capture_output=True)
        found: list[dict[str, object]] = json.loads(done.stdout)
        return found

    (plugin,) = [one for one in crmflow("plugin", "list") if one["plugin"] == "acme"]
    assert (plugin["module"], plugin["version"]) == (PLUGIN, "0.1.0")
    assert plugin["machines"] == ["sample"]
    assert len(plugin["hooks"]) == 9  # type: ignore[arg-type]
    assert crmflow("plugin", "check") == []
    assert crmflow("sample", "list") == []


def test_package_names_its_module() -> None:
    """The entry point stands in the group that engines read."""
    project = tomllib.loads((ACME / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["entry-points"] == {"crmflow": {"acme": PLUGIN}}


@pytest.mark.slow
@pytest.mark.usefixtures("folder")
def test_readme_runs() -> None:
    """What the README shows is what a reader gets."""
    Run().page(README.read_text("utf-8"))


def test_readme_lists_the_rules() -> None:
    """Every rule id of the plugin is in the README's table, and none else."""
    files = [path for path in (ACME / PLUGIN).rglob("*") if path.suffix in {".py", ".toml"}]
    cited = {id_ for path in files for id_ in re.findall(r"ACM-\d{3}", path.read_text("utf-8"))}
    listed = re.findall(r"^\|(ACM-\d{3})\|", README.read_text("utf-8"), re.MULTILINE)
    assert listed == sorted(cited)
