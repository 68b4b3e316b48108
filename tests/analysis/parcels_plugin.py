"""A plugin that brings the machine `parcel`."""

from collections.abc import Sequence

from crmflow.core.machine import Machine
from crmflow.hookspecs import hookimpl
from tests.analysis.parcels import PARCEL


@hookimpl
def machines() -> Sequence[Machine]:
    """Bring the machine `parcel`."""
    return (PARCEL,)
