"""Reports: what journals and entities tell together, as a table and as a picture."""

from __future__ import annotations

from crmflow.analysis.reports.making import make
from crmflow.analysis.reports.told import Told

__all__ = ["Told", "make"]
