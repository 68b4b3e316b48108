"""The machine of the example plugin keeps the contract of machines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from crmflow.testing import MachineSuite

ACME = Path(__file__).parents[2] / "examples" / "acme"


class TestSample(MachineSuite):
    """Samples that are lent, with the company's plugin as its README installs it."""

    machine = "sample"
    plugins = ("crmflow_acme",)
    profile = "demo"
    config: ClassVar = {"acme.sample.return_within": "14d"}
    lives = 2
    steps = 10

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def importable(cls) -> Iterator[None]:
        """Let Python find the plugin."""
        with pytest.MonkeyPatch.context() as patch:
            patch.syspath_prepend(str(ACME))
            yield
