"""
Simulation: a company's days on a virtual clock, with arrivals, staff, customers and chance.

Everything goes through a real engine with the company's own rows; the same scenario and seed give
the same figures, so that what a change of targets or of staff would do can be tried beforehand.
"""

from __future__ import annotations

from crmflow.analysis.simulation.comparing import Compared, compare
from crmflow.analysis.simulation.distances import between
from crmflow.analysis.simulation.fitting import Family, Fitted, fit
from crmflow.analysis.simulation.outcome import Simulated
from crmflow.analysis.simulation.running import simulate
from crmflow.analysis.simulation.scenario import Scenario

__all__ = [
    "Compared",
    "Family",
    "Fitted",
    "Scenario",
    "Simulated",
    "between",
    "compare",
    "fit",
    "simulate",
]
