from collections.abc import Mapping

import pytest

from crmflow.core.tables import Tables
from crmflow.policies.tiers import SchemeMapping
from crmflow.policies.tiers.checking import check_mappings, scheme_faults
from tests.policies.tiers.shop import GOLDEN, by_turnover, checked, read, row, scheme, tier

SHARED = [tier("top", share="0.1"), tier("rest")]
POINTED = [tier("top", points={"at_least": "10"}), tier("rest", points={"below": "10"})]
SUMS = [{"metric": "turnover", "weight": "0.01"}]


def test_a_right_scheme_has_no_fault() -> None:
    """Thresholds, points, shares, expressions and statements load."""
    text = [{"name": "region", "value": "text"}]
    claims = [tier("near", expression='region == "east"'), tier("far")]
    rows: tuple[dict[str, object], ...] = (
        {},
        {"name": "p", "care": False, "kind": "points", "sums": SUMS, "tiers": POINTED},
        {"name": "s", "care": False, "kind": "shares", "ranked_by": "turnover", "tiers": SHARED},
        {
            "name": "e",
            "care": False,
            "kind": "expressions",
            "metrics": text,
            "tiers": claims,
        },
        {
            "name": "t",
            "care": False,
            "kind": "stated",
            "metrics": text,
            "tiers": [tier("east"), tier("west")],
        },
    )
    assert checked(*rows) == {}


@pytest.mark.parametrize(
    ("columns", "faults"),
    [
        (
            {"name": "a:b"},
            {".name": ("name, expected a name without ':', which ends it in its timers")},
        ),
        ({"tiers": []}, {".tiers": "empty, expected at least one tier"}),
        (
            {"tiers": [*GOLDEN, GOLDEN[0]]},
            {".tiers": "twice, expected one tier of the name 'gold'"},
        ),
        (
            {"tiers": [{**GOLDEN[0], "name": "unrated"}]},
            {".tiers[0].name": "name, expected another name than 'unrated'"},
        ),
        (
            {"metrics": [{"name": "turnover"}] * 2},
            {".metrics": "twice, expected one metric of the name 'turnover'"},
        ),
        (
            {"missing": "copper"},
            {
                ".missing": (
                    "choice, expected a tier, 'unrated' or 'refuse'. Known: 'bronze', "
                    "'gold', 'refuse', 'silver', 'unrated'."
                )
            },
        ),
        ({"sums": SUMS}, {".sums": "kind, expected sums in a scheme by points alone"}),
        (
            {"ranked_by": "turnover"},
            {".ranked_by": "kind, expected a metric in a scheme by shares alone"},
        ),
        (
            {"tiers": [{**GOLDEN[0], "share": "0.5"}, tier("rest")]},
            {
                ".tiers[0].share": "kind, expected nothing: the scheme is by thresholds",
                ".tiers[1].when": "missing, expected a value: the scheme is by thresholds",
            },
        ),
        (
            {"hysteresis": {"turnovr": {"up": "5"}}},
            {".hysteresis.turnovr": "unknown. Did you mean 'turnover'?"},
        ),
        (
            {"metrics": [{"name": "turnover", "value": "text"}]},
            {
                ".metrics[0].value": "kind, expected a number: only facts in expressions are not",
                ".metrics[0].fact": "type, expected a fact that gives a text",
            },
        ),
        (
            {"tiers": [tier("all", when=[{"worth": {"at_least": "1"}}])]},
            {".tiers[0].when[0].worth": "unknown. Known: 'turnover'."},
        ),
        (
            {"tiers": by_turnover(("a", "10", None), ("b", None, "9"))},
            {".tiers": "gap, expected a tier at turnover = 9"},
        ),
        (
            {"tiers": by_turnover(("a", "10", None), ("b", None, "11"))},
            {".tiers": "overlap, expected one tier at turnover = 10, not a and b"},
        ),
        (
            {"tiers": [tier("all", when=[{}]), tier("none", when=[{}])]},
            {".tiers": "overlap, expected one tier at , not all and none"},
        ),
    ],
)
def test_faults_of_thresholds(columns: dict[str, object], faults: dict[str, str]) -> None:
    """Every fault is told with its place."""
    assert checked(columns) == {f"$.schemes[0]{path}": words for path, words in faults.items()}


@pytest.mark.parametrize(
    ("columns", "faults"),
    [
        (
            {"recompute": "1d"},
            {
                ".recompute": (
                    "kind, expected nothing: no entity alone gives what a scheme by shares needs"
                )
            },
        ),
        (
            {"tiers": [*SHARED[:1], tier("rest", share="0.9")]},
            {".tiers[1].share": "last, expected nothing: the last tier takes what is left"},
        ),
        (
            {"tiers": [tier("top"), tier("rest")]},
            {".tiers[0].share": "missing, expected a value: the scheme is by shares"},
        ),
        (
            {"tiers": [tier("top", share="1"), tier("rest")]},
            {
                ".tiers[0].share": (
                    "share, expected a part between 0 and 1, such as '0.1' for a tenth"
                )
            },
        ),
        (
            {"tiers": [tier("top", share="0"), tier("rest")]},
            {
                ".tiers[0].share": (
                    "share, expected a part between 0 and 1, such as '0.1' for a tenth"
                )
            },
        ),
        (
            {"tiers": [tier("a", share="0.5"), tier("b", share="0.5"), tier("rest")]},
            {".tiers": ("share, expected shares that leave a part to the last, not 1.0")},
        ),
        ({"ranked_by": "turnovr"}, {".ranked_by": "unknown. Did you mean 'turnover'?"}),
        (
            {"hysteresis": {"turnover": {"up": "5"}}},
            {".hysteresis.turnover": "unknown. Known: 'rank'."},
        ),
    ],
)
def test_faults_of_shares(columns: dict[str, object], faults: dict[str, str]) -> None:
    """Shares leave something to the last tier, and are taken of a known metric."""
    base = {"kind": "shares", "ranked_by": "turnover", "tiers": SHARED}
    found = checked({**base, **columns})
    assert found == {f"$.schemes[0]{path}": words for path, words in faults.items()}


@pytest.mark.parametrize(
    ("columns", "faults"),
    [
        ({"sums": []}, {".sums": "kind, expected sums in a scheme by points alone"}),
        ({"sums": [*SUMS, *SUMS]}, {".sums": "twice, expected one sum of the metric 'turnover'"}),
        ({"sums": [{"metric": "worth"}]}, {".sums[0].metric": "unknown. Known: 'turnover'."}),
        (
            {"sums": [{"metric": "turnover", "weight": "1E+99"}]},
            {".sums[0]": "size, expected a weight and points of fewer digits"},
        ),
        (
            {"sums": [{"metric": "turnover", "bands": [{"below": "5", "points": "1"}]}]},
            {".sums[0].bands": "gap, expected a tier at turnover = 5"},
        ),
        (
            {"tiers": [POINTED[0], tier("rest", points={"below": "9"})]},
            {".tiers": "gap, expected a tier at points = 9"},
        ),
    ],
)
def test_faults_of_points(columns: dict[str, object], faults: dict[str, str]) -> None:
    """Bands of points cover every value once, those of a metric as those of the tiers."""
    base = {"kind": "points", "sums": SUMS, "tiers": POINTED}
    found = checked({**base, **columns})
    assert found == {f"$.schemes[0]{path}": words for path, words in faults.items()}


@pytest.mark.parametrize(
    ("claims", "faults"),
    [
        (
            ["turnover >", None],
            {
                ".tiers[0].expression": (
                    "syntax, expected more: the expression breaks off (at character 11)"
                )
            },
        ),
        (
            ["turnovr > 1", None],
            {".tiers[0].expression": "unknown. Did you mean 'turnover'? (at character 1)"},
        ),
        (
            ["turnover", None],
            {
                ".tiers[0].expression": (
                    "type, expected an expression that gives true or false, not a number "
                    "(at character 1)"
                )
            },
        ),
        (
            ["turnover > 1", "turnover > 1", None],
            {
                ".tiers[1].expression": (
                    "shadowed, expected a claim that no better tier makes already"
                ),
            },
        ),
        (
            ["turnover > 1", "turnover > 0"],
            {".tiers[1].expression": "last, expected nothing: the last tier takes what is left"},
        ),
    ],
)
def test_faults_of_expressions(claims: list[str | None], faults: dict[str, str]) -> None:
    """Expressions are checked when they are loaded, and the last tier takes what is left."""
    named = [tier(f"t{n}", **({"expression": c} if c else {})) for n, c in enumerate(claims)]
    found = checked({"kind": "expressions", "tiers": named})
    assert found == {f"$.schemes[0]{path}": words for path, words in faults.items()}


def test_a_scheme_alone_is_its_own_root() -> None:
    """Where no file names its place."""
    found, faults = read(row(tiers=[]))
    assert faults == ()
    assert [one.path for one in scheme_faults(found)] == ["$.tiers"]


def test_no_margin_widens_an_expression() -> None:
    """Hysteresis needs limits: an expression has none to move."""
    base = {"kind": "expressions", "tiers": [tier("a", expression="turnover > 1"), tier("b")]}
    found = checked({**base, "hysteresis": {"turnover": {"up": "1"}}})
    assert found == {"$.schemes[0].hysteresis.turnover": "unknown. No margin here."}


def test_a_statement_is_one_text() -> None:
    """A stated scheme names the one fact that says the tier."""
    assert checked({"kind": "stated", "tiers": [tier("a")]}) == {
        "$.schemes[0].metrics": "stated, expected one metric, a text: the fact that names the tier"
    }


def test_only_one_scheme_cares() -> None:
    """Two care schemes, or none for customers, are a fault (AMB-40)."""
    one = "care, expected one care scheme, and 'value' is it"
    assert checked({}, {"name": "other"}) == {"$.schemes[1].care": one}
    none = {"care": False, "machine": "customer"}
    assert checked(none) == {
        "$.schemes[0].care": "absent, expected care = true in exactly one scheme: it drives care"
    }
    assert checked({"care": False}) == {}


def test_ordered_tiers_may_overlap_but_not_be_shadowed() -> None:
    """The first that fits is taken, so a later one must have something left, and all be covered."""
    some = by_turnover(("a", "10", None), ("b", "5", None), ("c", None, None))
    assert checked({"tiers": some, "ordered": True}) == {}
    hidden = by_turnover(("a", "10", None), ("b", "20", None), ("c", None, None))
    assert checked({"tiers": hidden, "ordered": True}) == {
        "$.schemes[0].tiers[1].when": "shadowed, expected values that no better tier takes already"
    }
    gap = {"$.schemes[0].tiers": "gap, expected a tier at turnover = 4"}
    assert checked({"tiers": some[:2], "ordered": True}) == gap
    found = checked({"kind": "shares", "ranked_by": "turnover", "tiers": SHARED, "ordered": True})
    assert found == {"$.schemes[0].ordered": "kind, expected nothing: the scheme is by shares"}


def mapping(source: str, target: str, **names: str) -> SchemeMapping:
    """Return a mapping between two schemes."""
    return SchemeMapping(name=f"{source}_{target}", source=source, target=target, tiers=names)


def mapping_faults(*rows: SchemeMapping) -> Mapping[str, str]:
    """Return what is told of every fault of mappings between the value scheme and grades."""
    grades = by_turnover(("a", "10", None), ("b", None, "10"))
    schemes = (scheme(), scheme(name="grade", care=False, tiers=grades))
    found = check_mappings(rows, Tables({"schemes": schemes}), {})
    return {fault.path: fault.told for fault in found}


def test_a_mapping_is_total() -> None:
    """Every tier of the source leads to a tier of the target."""
    right = mapping("value", "grade", gold="a", silver="b", bronze="b")
    assert mapping_faults(right) == {}
    wrong = mapping("value", "grade", gold="c", silver="b", tin="b")
    path = "$.scheme_mappings[0].tiers"
    assert mapping_faults(wrong) == {
        f"{path}.bronze": "missing, expected a tier of 'grade'",
        f"{path}.tin": "unknown. Known: 'bronze', 'gold', 'silver'.",
        f"{path}.gold": "unknown. Known: 'a', 'b'.",
    }


def test_a_mapping_leads_elsewhere_once() -> None:
    """A scheme is not mapped to itself, and a pair is given once; others may be off."""
    far = mapping("value", "elsewhere", gold="x")
    own = mapping("value", "value", gold="gold", silver="silver", bronze="bronze")
    assert mapping_faults(far, far, own) == {
        "$.scheme_mappings[1]": "twice, expected one mapping from 'value' to 'elsewhere'",
        "$.scheme_mappings[2].target": "target, expected another scheme than the source",
    }
