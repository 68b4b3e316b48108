"""A plugin for the command line's tests: parcels in the version that a variable names."""

from __future__ import annotations

import os
from collections.abc import Sequence

from crmflow.core.machine import Machine
from crmflow.hookspecs import hookimpl
from tests.engine.parcels import VERSIONS


@hookimpl
def machines() -> Sequence[Machine]:
    """Bring one version of the machine."""
    return [VERSIONS[int(os.environ.get("PARCELS", "1")) - 1]]
