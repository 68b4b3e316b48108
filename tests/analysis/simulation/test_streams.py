from collections import Counter

from crmflow.analysis.simulation.streams import Stream, Streams


def test_a_purpose_has_its_own_chance() -> None:
    """The same for one seed and purpose, another for any other; known for ever."""
    one = Streams(1).of("case", "takes").uniform()
    assert one == Streams(1).of("case", "takes").uniform() == 0.9564518085122119
    assert (
        len({one, Streams(2).of("case", "takes").uniform(), Streams(1).of("case").uniform()}) == 3
    )


def test_places_are_picked_by_their_weight() -> None:
    """None whose weight is nothing."""
    stream = Streams(3).of("mix")
    found = Counter(stream.choose({"a": 3.0, "b": 0.0, "c": 1.0}) for _ in range(400))
    assert set(found) == {"a", "c"}
    assert 250 < found["a"] < 350


class Zero:
    """Chance at its least."""

    def random(self) -> float:
        """Return what `random()` may give, if ever so seldom."""
        return 0.0


def test_no_number_is_zero() -> None:
    """No law has a value there."""
    assert Stream(Zero()).uniform() > 0  # type: ignore[arg-type]
