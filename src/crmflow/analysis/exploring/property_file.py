"""Files of properties: a module whose `PROPERTIES` and `SAMPLES` are by machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs

from crmflow.analysis.exploring.explorer import Samples
from crmflow.analysis.exploring.property import Property
from crmflow.core.errors import ConfigurationError, PluginDefinitionError, did_you_mean
from crmflow.plugins.loading import module_of

__all__ = ["Statements", "read_statements"]


@attrs.frozen
class Statements:
    """
    What is stated of machines.

    Attributes:
        properties: What must hold, by machine.
        samples: What payloads have in place of what is made up, by machine and event.
    """

    properties: Mapping[str, tuple[Property, ...]] = attrs.field(factory=dict)
    samples: Mapping[str, Samples] = attrs.field(factory=dict)


def read_statements(name: str, machines: Iterable[str]) -> Statements:
    """
    Return what a file or module states, such as that of a plugin.

    Args:
        name: Path of a `.py` file, or name of a module.
        machines: Names of the machines there are.

    Raises:
        ConfigurationError: It cannot be imported, or what stands in it is wrong; names every
            fault.
    """
    source = f"properties {name}"
    module = _imported(name, source)
    properties = getattr(module, "PROPERTIES", {})
    samples = getattr(module, "SAMPLES", {})
    if not (isinstance(properties, Mapping) and isinstance(samples, Mapping)):
        raise ConfigurationError(source, ("PROPERTIES and SAMPLES are mappings by machine",))
    known, stated = tuple(machines), {key: _each(one) for key, one in properties.items()}
    faults = [
        f"there is no machine {machine!r}. {did_you_mean(str(machine), known)}"
        for machine in dict.fromkeys((*properties, *samples))
        if machine not in known
    ]
    faults += [
        f"PROPERTIES[{machine!r}] has {one!r}, which is no property such as `never(...)` gives"
        for machine, own in stated.items()
        for one in own
        if not isinstance(one, Property)
    ]
    faults += [
        f"SAMPLES[{machine!r}] is no mapping of events to lists of payloads"
        for machine, own in samples.items()
        if not _are_samples(own)
    ]
    if not properties and not samples:
        faults.append("it has neither PROPERTIES nor SAMPLES")
    if faults:
        raise ConfigurationError(source, tuple(faults))
    return Statements(stated, samples)


def _each(found: object) -> tuple[Any, ...]:
    return tuple(found) if isinstance(found, Iterable) else (found,)


def _are_samples(found: object) -> bool:
    return isinstance(found, Mapping) and all(
        isinstance(payloads, Sequence) and all(isinstance(one, Mapping) for one in payloads)
        for payloads in found.values()
    )


def _imported(name: str, source: str) -> ModuleType:
    """Return the module of a file or name; what is missing is told as what it should be."""
    wanted = "give the path of a .py file with PROPERTIES, or the name of such a module"
    if name.endswith(".py") and not Path(name).is_file():
        raise ConfigurationError(source, (f"there is no such file: {wanted}",))
    try:
        return module_of(name)
    except PluginDefinitionError as error:
        faults = error.faults
        if isinstance(error.__cause__, ModuleNotFoundError) and not name.endswith(".py"):
            faults = (f"there is no such module ({error.__cause__}): {wanted}",)
        raise ConfigurationError(source, faults) from error.__cause__
