"""What tiers say, in both languages."""

import re
import tomllib
from importlib.resources import files

import pytest

from crmflow.policies import tiers
from crmflow.policies.tiers.forms import FORMS
from tests.policies.tiers.shop import CHIEF, CLERK, DAY, row, shop


def table(lang: str) -> dict[str, dict[str, str]]:
    """Return the texts of a language."""
    folder = files("crmflow.profiles").joinpath("locale", lang, "tiers.toml")
    return tomllib.loads(folder.read_text("utf-8"))


def test_languages_have_the_same_texts() -> None:
    """The same keys in the same order, with the same placeholders."""

    def shape(lang: str) -> list[tuple[str, str, list[str]]]:
        found = table(lang)
        return [
            (section, key, sorted(re.findall(r"{(\w+?)(?:_en|_zh)?}", text)))
            for section, texts in found.items()
            for key, text in texts.items()
        ]

    assert shape("en") == shape("zh")


def test_every_code_has_a_text() -> None:
    """Reasons, lines and events that the policy gives are told, and no other."""
    source = "".join(
        one.read_text("utf-8") for one in files(tiers).iterdir() if one.name.endswith(".py")
    )
    codes = set(re.findall(r'"(tier_[a-z_]+)"', source)) - set(tiers.__all__)
    texts = table("en")
    assert codes == {*texts["reasons"], *texts["lines"]}
    assert set(FORMS) == set(texts["events"])


@pytest.mark.parametrize(
    ("lang", "words", "refused"),
    [
        ("en", "becomes Bronze at 2026-03-12 17:00", "only an approver named in the scheme"),
        ("zh", "将于 2026-03-12 17:00 变为bronze级", "只有该方案指定的审批人"),
    ],
)
def test_a_tier_is_explained(lang: str, words: str, refused: str) -> None:
    """The engine tells what waits in the company's zone, and why an override is refused."""
    found = shop(row(grace="10d"), zone="Asia/Shanghai")
    found.register(turnover="5000 CNY")
    found.fire("learn", turnover="5 CNY").require()
    assert words in str(found.engine.explain(found.ref(), "greet", actor=CLERK, lang=lang))
    given = {"scheme": "value", "tier": "gold", "reason": "r", "until": found.clock.now() + DAY}
    asked = found.engine.explain(found.ref(), "$override_tier", given, actor=CLERK, lang=lang)
    assert refused in str(asked)
    assert found.fire("$override_tier", CHIEF, **given).accepted
