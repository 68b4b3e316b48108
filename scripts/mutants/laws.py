"""
Laws as mutants are tried by: a pytest plugin with the profile `mutants` of Hypothesis.

It draws what the gate draws. But a case that fails is not made smaller: nobody reads it, and it
takes up to five minutes, where the mutant is noticed at once.
"""

from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "mutants",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate],
)
