"""Schemes of a file of one's own, read and checked without an engine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from crmflow.core.document import read_toml
from crmflow.core.errors import ConfigurationError
from crmflow.core.form import Fault, structure
from crmflow.policies.tiers.checking import scheme_faults
from crmflow.policies.tiers.placing import Criteria, criteria_of
from crmflow.policies.tiers.scheme import Scheme


def read_schemes(path: str | Path) -> dict[str, Criteria]:
    """
    Return the schemes of a TOML file by name, made ready to place.

    The rows stand under `[[schemes]]`, as in a profile; blanks are filled in them. What
    they name of a machine is not looked at.

    Args:
        path: The file.

    Raises:
        ConfigurationError: It cannot be read, or names every fault of every row.
    """
    rows = read_toml(path).get("schemes", [])
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise ConfigurationError(str(path), ("schemes are rows: write [[schemes]] above each",))
    found: dict[str, Criteria] = {}
    faults: list[str] = []
    for index, row in enumerate(rows):
        scheme, wrong = _read(row, f"$.schemes[{index}]")
        faults += map(str, wrong)
        if scheme is not None and not wrong:
            found[scheme.name] = criteria_of(scheme)
    if faults:
        raise ConfigurationError(str(path), tuple(faults))
    return found


def _read(row: Mapping[str, object], path: str) -> tuple[Scheme | None, list[Fault]]:
    found, faults = structure(Scheme, row)
    if faults:
        return None, [Fault(f"{path}{one.path[1:]}", one.code, one.expected) for one in faults]
    scheme = cast("Scheme", found)
    return scheme, list(scheme_faults(scheme, path))
