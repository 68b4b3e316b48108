"""Files of properties: a module whose `PROPERTIES` and `SAMPLES` are by machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from crmflow.analysis.exploring.explorer import Samples
from crmflow.analysis.exploring.property import Property
from crmflow.core.errors import ConfigurationError, did_you_mean
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
        PluginDefinitionError: It cannot be imported.
        ConfigurationError: What stands in it is wrong; names every fault.
    """
    module = module_of(name)
    properties = getattr(module, "PROPERTIES", {})
    samples = getattr(module, "SAMPLES", {})
    if not (isinstance(properties, Mapping) and isinstance(samples, Mapping)):
        raise ConfigurationError(name, ("PROPERTIES and SAMPLES are mappings by machine",))
    known = tuple(machines)
    faults = [
        f"there is no machine {machine!r}. {did_you_mean(str(machine), known)}"
        for machine in dict.fromkeys((*properties, *samples))
        if machine not in known
    ]
    faults += [
        f"PROPERTIES[{machine!r}] has {one!r}, which is no property such as `never(...)` gives"
        for machine, stated in properties.items()
        for one in stated
        if not isinstance(one, Property)
    ]
    if not properties and not samples:
        faults.append("it has neither PROPERTIES nor SAMPLES")
    if faults:
        raise ConfigurationError(name, tuple(faults))
    return Statements({key: tuple(stated) for key, stated in properties.items()}, samples)
