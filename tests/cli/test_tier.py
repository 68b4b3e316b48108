"""`crmflow tier`: schemes, and a file of customers placed by one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import read

if TYPE_CHECKING:
    from tests.cli.conftest import Crm

FILE = """
[[schemes]]
name = "value"
machine = "customer"
missing = "refuse"
metrics = [
    { name = "turnover" },
    { name = "region", value = "text" },
    { name = "new", value = "flag" },
]
kind = "expressions"
tiers = [
    { name = "gold", zh = "金", en = "Gold", expression = 'turnover >= 100 and region == "east"' },
    { name = "fresh", zh = "新", en = "Fresh", expression = "new" },
    { name = "rest", zh = "余", en = "Rest" },
]

[[schemes]]
name = "top"
machine = "customer"
kind = "shares"
ranked_by = "turnover"
metrics = [{ name = "turnover" }]
tiers = [
    { name = "top", zh = "顶", en = "Top", share = "0.5" },
    { name = "rest", zh = "余", en = "Rest" },
]
"""


@pytest.fixture
def schemes(crm: Crm) -> str:
    """Return a file of schemes."""
    Path("schemes.toml").write_text(FILE, "utf-8")
    return "schemes.toml"


def compute(crm: Crm, text: str, *words: str, scheme: str = "top") -> tuple[int, str, str]:
    """Return exit code, output and message of placing the rows of a file."""
    Path("rows.csv").write_text(text, "utf-8")
    given = ("tier", "compute", "rows.csv", "--scheme", scheme, *words)
    done = crm.bare(*given)
    return done.exit_code, done.stdout, done.stderr


def test_schemes_are_listed_and_shown(crm: Crm) -> None:
    """Those of the profiles, of machines that are off too; limits are the company's."""
    rows = read(crm.bare("tier", "list", "--profile", "demo", "-o", "json").stdout)
    found = {row["scheme"]: row for row in rows}
    assert [name for name, row in found.items() if row["care"]] == ["care"]
    assert found["care"]["tiers"] == ["strategic", "core", "ordinary", "dormant"]
    assert "core, ordinary" not in crm.bare("tier", "list").stdout
    told = crm.bare("tier", "show", "care", "--profile", "demo").stdout
    assert "turnover ≥ 200000, cooperation ≥ 730" in told
    assert "inactivity ≤ 180 | potential ≥ 4" in told
    assert (
        "核心客户" in crm.bare("--lang", "zh", "tier", "show", "care", "--profile", "demo").stdout
    )


def test_a_scheme_of_a_file_is_shown(crm: Crm, schemes: str) -> None:
    """Expressions and shares are told too; JSON has the whole row."""
    told = crm.bare("tier", "show", "value", "--schemes", schemes).stdout
    assert 'turnover >= 100 and region == "east"' in told
    shown = read(crm.bare("tier", "show", "top", "--schemes", schemes, "-o", "json").stdout)
    assert shown["tiers"][0]["share"] == "0.5"


def test_no_such_scheme(crm: Crm, schemes: str) -> None:
    """The nearest name is told, with the exit code of what is not found."""
    done = crm.bare("tier", "show", "topp", "--schemes", schemes)
    assert done.exit_code == 5
    assert "Did you mean 'top'?" in done.stderr


def test_a_file_is_placed_by_shares(crm: Crm, schemes: str) -> None:
    """Each row has tier, rank and reason; what is blank is not ranked."""
    text = "id,turnover\nA,5\nB,7.50\nC,\nD,\n"
    code, out, _ = compute(crm, text, "--schemes", schemes, "-o", "jsonl")
    assert code == 0
    assert [(row["id"], row["tier"], row["rank"]) for row in map(read, out.splitlines())] == [
        ("B", "top", 1),
        ("A", "rest", 2),
        ("C", None, None),
        ("D", None, None),
    ]
    assert read(out.splitlines()[0])["value"] == "7.50"
    assert read(out.splitlines()[3])["lacking"] == ["turnover"]


def test_a_file_is_placed_by_expressions(crm: Crm, schemes: str) -> None:
    """Text and flags are read; who cannot be placed is counted, with the code of findings."""
    text = (
        "who,turnover,region,new\nA,100,east,false\nB,9,west, True \nC,9,west,false\nD,,east,true\n"
    )
    words = ("--schemes", schemes, "--id", "who", "-o", "json")
    code, out, err = compute(crm, text, *words, scheme="value")
    assert [row["tier"] for row in read(out)] == ["gold", "fresh", "rest", None]
    assert (code, err.strip()) == (1, "1 are not placed: what the scheme needs is missing.")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id,turnovr\nA,5\n", "there is no column 'turnover'. Did you mean 'turnovr'?"),
        ("", "there is no column 'id'. None is known."),
        ("id,turnover\nA,much\n", "line 2: turnover: expected a number such as 12.50, not 'much'"),
        ("id,turnover\nA,1E+99\n", "line 2: turnover: expected a number"),
        ("id,turnover\nA,NaN\n", "line 2: turnover: expected a number"),
        ("id,turnover\nA,5\n,6\n", "line 3: id is blank"),
        ("id,turnover\nA,5\nA,6\n", "'A' is in the population twice"),
    ],
)
def test_rows_that_cannot_be_read(crm: Crm, schemes: str, text: str, words: str) -> None:
    """The first such row is named, with what would be right."""
    code, out, err = compute(crm, text, "--schemes", schemes)
    assert (code, out) == (1, "")
    assert f"rows.csv: {words}" in err


def test_a_flag_that_is_none(crm: Crm, schemes: str) -> None:
    """A flag says true or false."""
    text = "id,turnover,region,new\nA,100,east,yes\n"
    code, _, err = compute(crm, text, "--schemes", schemes, scheme="value")
    assert (code, "expected true or false, not 'yes'" in err) == (1, True)


def test_a_scheme_with_faults_places_nobody(crm: Crm) -> None:
    """A row of the company's own for a machine that is off is checked before it is used."""
    own = FILE.replace('share = "0.5"', 'share = "1.5"').replace("[[schemes]]", "[[schemes]]", 1)
    Path("crmflow.toml").write_text(f"machines = ['lead']\n{own}", "utf-8")
    code, _, err = compute(crm, "id,turnover\nA,5\n")
    assert code == 3
    assert "$.tiers[0].share: share" in err


def test_a_store_is_ranked(crm: Crm, tmp_path: Path) -> None:
    """First dry, then for good; who may not place is refused."""
    rows = tmp_path / "crmflow.toml"
    rows.write_text(
        '[[schemes]]\nname = "contacts"\nmachine = "lead"\nkind = "shares"\n'
        'ranked_by = "contacts"\n'
        'metrics = [{ name = "contacts" }]\nrules = ["TIE-035"]\ntiers = [\n'
        '  { name = "busy", zh = "热", en = "Busy", share = "0.5" },\n'
        '  { name = "calm", zh = "冷", en = "Calm" },\n]\n'
    )
    crm = crm.of("lead")
    for name in ("L-1", "L-2"):
        given = ("--set", f"name={name}", "--set", "source=referral", "--actor", "sales-1")
        crm.ok("entity", "create", "lead", "--id", name, *given)
    admin = ("--actor", "admin-1", "--role", "administrator", "-o", "json")
    dry = read(crm.ok("tier", "rank", "contacts", "--dry-run", *admin))
    assert dry == [{"tier": "busy", "entities": 1}, {"tier": "calm", "entities": 1}]
    refused = crm("tier", "rank", "contacts", "--actor", "sales-1", "--role", "salesperson")
    assert refused.exit_code == 4
    assert "2 places were refused" in refused.stderr
    assert read(crm.ok("tier", "rank", "contacts", *admin)) == dry
    assert crm("tier", "rank", "contact", *admin).exit_code == 5
