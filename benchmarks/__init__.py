"""
What crmflow's speed and size are measured with.

Every number is taken beside the numbers it is compared with, in one run and in
turns, because a machine that slows down slows all of them. Run the whole with
``make bench`` or a part with ``python -m benchmarks --only steps``.
"""
