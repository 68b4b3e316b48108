"""The steps: load, propose, judge, decide, commit, hand over; written once, as `async def`."""
