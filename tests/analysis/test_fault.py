"""What a fault says."""

from __future__ import annotations

import pytest

from crmflow.analysis.fault import Fault, FaultKind
from crmflow.texts import LANGUAGES, Texts


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", FaultKind)
def test_every_kind_has_a_sentence(kind: FaultKind, lang: str) -> None:
    """A kind without a text could not be told."""
    assert Texts(lang).find("findings", kind)


def test_a_fault_is_told_with_its_values() -> None:
    """The placeholders are filled, in the language asked for."""
    fault = Fault(FaultKind.FINAL_LEFT, "closed", machine="parcel", values={"event": "reopen"})
    assert fault.told(Texts("en")) == "The final state closed is left by reopen."
    assert fault.told(Texts("zh")) == "终态 closed 被 reopen 离开。"
