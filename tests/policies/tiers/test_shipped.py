"""The schemes that come with crmflow: every row reads, and the care scheme places."""

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from importlib.resources import files
from typing import Any, cast

import pytest

from crmflow.core.form import structure
from crmflow.core.tables import Tables
from crmflow.policies.tiers import (
    Kind,
    Scheme,
    SchemeMapping,
    criteria_of,
    mapped,
    place,
    scheme_faults,
)
from crmflow.policies.tiers.checking import check_mappings, check_schemes
from crmflow.policies.tiers.fitting import misfits
from crmflow.profiles.blanks import filled, keys_in
from crmflow.profiles.files import flattened
from crmflow.states import load

OWN = {
    "tier.thresholds.service_class": [
        {"name": "retail", "zh": "零售", "en": "Retail", "expression": 'business == "retail"'},
        {"name": "other", "zh": "其他", "en": "Other"},
    ],
    "tier.thresholds.level": [
        {"name": "top", "zh": "高", "en": "Top", "expression": "repurchases >= 3"},
        {"name": "low", "zh": "低", "en": "Low"},
    ],
}
"""Classes that only a company can name."""


def profile(name: str, table: str) -> dict[str, Any]:
    """Return a file of a shipped profile."""
    return tomllib.loads(files("crmflow.profiles").joinpath(name, f"{table}.toml").read_text())


DEMO = profile("demo", "schemes")
SETTINGS = {**profile("demo", "settings")["settings"], **DEMO["settings"]}
ROWS: list[Mapping[str, Any]] = [
    *profile("default", "schemes")["schemes"],
    *profile("power", "schemes")["schemes"],
]
MAPPINGS = profile("default", "scheme_mappings")["scheme_mappings"]


def values() -> dict[str, object]:
    """Return the example values of all blanks, and classes of one's own."""
    found = {**flattened(SETTINGS), **OWN}
    mappings = SETTINGS["tier"]["thresholds"]["mapping"]
    return {**found, **{f"tier.thresholds.mapping.{key}": one for key, one in mappings.items()}}


def read(columns: Mapping[str, Any], kind: type) -> Any:  # noqa: ANN401 - a row of that kind
    """Return a row with the example values in its blanks."""
    found, faults = structure(kind, cast("Mapping[str, object]", filled(dict(columns), values())))
    assert faults == ()
    return found


@pytest.mark.parametrize("columns", ROWS, ids=lambda row: str(row["name"]))
def test_shipped_schemes_have_no_fault(columns: Mapping[str, Any]) -> None:
    """Filled with the examples each is total, and cites the rules it carries."""
    scheme: Scheme = read(columns, Scheme)
    assert list(scheme_faults(scheme)) == []
    assert scheme.rules


@pytest.mark.parametrize(
    "columns",
    [one for one in ROWS if one.get("kind") == "stated"],
    ids=lambda row: str(row["name"]),
)
def test_a_stated_tier_is_one_that_the_fact_names(columns: Mapping[str, Any]) -> None:
    """A non-regular urgent part has a tier like any other order (DLV-006, DLV-008)."""
    scheme: Scheme = read(columns, Scheme)
    machine = load(scheme.machine)
    assert list(misfits(scheme, machine, Tables(machines={machine.name: machine}), "$")) == []


def test_only_numbers_are_left_to_the_company() -> None:
    """No limit is made up: each is a blank that the examples fill."""
    blanks = {key for columns in (*ROWS, *MAPPINGS) for key in keys_in(dict(columns))}
    assert blanks <= values().keys()
    shipped = [row for row in ROWS if row["machine"] == "customer" and row.get("enabled", True)]
    for columns in shipped:
        scheme = read(columns, Scheme)
        if scheme.kind is Kind.THRESHOLDS:
            limits = sum(len(box) for one in scheme.tiers for box in one.when)
            assert limits == len(list(keys_in(dict(columns))))


def test_one_scheme_cares() -> None:
    """The shipped care scheme is the only one (AMB-40)."""
    rows = [read(columns, Scheme) for columns in ROWS if columns.get("enabled", True)]
    assert [row.name for row in rows if row.care] == ["care"]
    assert list(check_schemes(rows, Tables(), {"complaint": load("complaint")})) == []


def test_cadences_that_a_tier_gets_are_rows() -> None:
    """What the care scheme promises stands in the table of cadences, for that tier."""
    cadences = {row["name"]: row for row in profile("default", "cadences")["cadences"]}
    for one in read(ROWS[0], Scheme).tiers:
        for name in one.gets["cadences"]:
            assert cadences[name]["tier"] == one.name


def test_mappings_are_total() -> None:
    """Filled with the examples, every tier of the source leads somewhere."""
    schemes = tuple(read(columns, Scheme) for columns in ROWS)
    rows = [read(columns, SchemeMapping) for columns in MAPPINGS]
    assert list(check_mappings(rows, Tables({"schemes": schemes}), {})) == []
    assert mapped(rows, "care", "medal", "core") == "silver"


CARE = [
    ({"turnover": 1_000_000, "margin": 15, "potential": 7}, "strategic"),
    ({"turnover": 1_000_000, "margin": 14, "potential": 7, "cooperation": 730}, "core"),
    ({"turnover": 200_000, "cooperation": 730}, "core"),
    ({"turnover": 200_000, "cooperation": 729, "inactivity": 180}, "ordinary"),
    ({"turnover": 1_000, "inactivity": 181, "potential": 4}, "ordinary"),
    ({"turnover": 1_000, "inactivity": 181, "potential": 3}, "dormant"),
]


@pytest.mark.parametrize(("known", "name"), CARE)
def test_the_care_scheme_reads_like_the_catalogue(known: dict[str, int], name: str) -> None:
    """High and high is strategic, stable is core, active or hopeful ordinary, else dormant."""
    least = {"turnover": 0, "margin": 0, "cooperation": 0, "potential": 0, "inactivity": 0}
    metrics = {key: Decimal(known.get(key, value)) for key, value in least.items()}
    care = criteria_of(read(ROWS[0], Scheme))
    assert place(care, metrics).tier == name


def test_stages_are_found_by_the_criteria_of_a_company() -> None:
    """Who never bought is potential, also where nothing else is known (LIF-003)."""
    row = next(one for one in ROWS if one["name"] == "lifecycle_staging")
    criteria = criteria_of(read(row, Scheme))
    known = [(4, 10), (1, 365), (4, 366), (0, None)]
    found = [
        place(
            criteria,
            {
                "purchases": Decimal(purchases),
                "inactivity": None if days is None else Decimal(days),
            },
        ).tier
        for purchases, days in known
    ]
    assert found == ["loyal", "first_purchase", "lost", "potential"]


def test_a_large_customer_of_a_power_company() -> None:
    """Capacity, use or dual supply qualifies, the limits included (PWR-001, AMB-44)."""
    cases = [(1000, 0, False), (999, 5_000_000, False), (0, 0, True), (999, 4_999_999, False)]
    assert of_power("power_customer", cases) == ["large", "large", "large", "other"]


def of_power(scheme: str, cases: list[tuple[int, int, bool]]) -> list[str | None]:
    """Return where a scheme of the power company places capacity, use and dual supply."""
    power = criteria_of(read(next(one for one in ROWS if one["name"] == scheme), Scheme))
    return [
        place(
            power,
            {"capacity_kva": Decimal(kva), "annual_kwh": Decimal(kwh), "dual_supply": dual},
        ).tier
        for kva, kwh, dual in cases
    ]


def test_a_power_company_may_read_its_limits_strictly() -> None:
    """Then both limits, or dual supply (PWR-001, AMB-44); off until it is asked for."""
    cases = [(1000, 0, False), (999, 5_000_000, False), (0, 0, True), (1000, 5_000_000, False)]
    assert of_power("power_customer_strict", cases) == ["other", "other", "large", "large"]
    row = next(one for one in ROWS if one["name"] == "power_customer_strict")
    assert row["enabled"] is False
