"""
Try whether tests notice changed code: `python -m scripts.mutants [--sample N] [FAMILY...]`.

mutmut changes one thing at a time in a copy of the tree under `build/mutants` and runs the tests
that reach it. Modules are tried by family: those that a row of `tests/mutants.toml` gives the same
tests have one copy and one run, so that the tests' first runs are paid once. A run that was stopped
goes on where it was. What survives must be answered there: why nobody could tell it from the
original.

The tree is copied as each family begins, so it is run where nobody edits: a family whose tests fail
unchanged is not tried.
"""
