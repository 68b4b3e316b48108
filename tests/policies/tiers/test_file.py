import re
from decimal import Decimal
from pathlib import Path

import pytest

from crmflow.core.errors import ConfigurationError
from crmflow.policies.tiers import place, read_schemes

RIGHT = """
[[schemes]]
name = "value"
machine = "customer"
metrics = [{ name = "turnover" }]
tiers = [
    { name = "gold", zh = "金", en = "Gold", when = [{ turnover = { at_least = "100" } }] },
    { name = "rest", zh = "余", en = "Rest", when = [{ turnover = { below = "100" } }] },
]
"""


def written(folder: Path, text: str) -> Path:
    """Return a file with a text."""
    path = folder / "schemes.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_file_of_schemes_is_ready_to_place(tmp_path: Path) -> None:
    """The rows are those of a profile."""
    found = read_schemes(written(tmp_path, RIGHT))
    assert list(found) == ["value"]
    assert place(found["value"], {"turnover": Decimal(100)}).tier == "gold"


def test_every_fault_of_every_row_is_told(tmp_path: Path) -> None:
    """Rows that cannot be read and rows that leave a gap are named with their places."""
    gap = RIGHT.replace('below = "100"', 'below = "99"')
    mistyped = '[[schemes]]\nname = "x"\nmachine = "customer"\ntires = []\n'
    with pytest.raises(ConfigurationError) as caught:
        read_schemes(written(tmp_path, gap + mistyped))
    assert caught.value.source == str(tmp_path / "schemes.toml")
    places = [re.split("[,.] ", fault)[0] for fault in caught.value.faults]
    assert places == [
        "$.schemes[0].tiers: gap",
        "$.schemes[1].tiers: missing",
        "$.schemes[1].tires: unknown",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [("[[schemes]", "Expected"), ("schemes = 5", "write .*schemes"), ("schemes = [5]", "are rows")],
)
def test_what_is_no_file_of_schemes(tmp_path: Path, text: str, words: str) -> None:
    """A file that is no TOML, or has no rows, is refused in words."""
    file = written(tmp_path, text)
    with pytest.raises(ConfigurationError, match=words) as caught:
        read_schemes(file)
    assert caught.value.source == str(file)
    with pytest.raises(ConfigurationError, match="No such file"):
        read_schemes(tmp_path / "none.toml")
