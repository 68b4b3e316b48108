"""Stories and properties as files, and stories as commands and tests."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmflow.analysis.exploring.asking import mirrored, request_of
from crmflow.analysis.exploring.property_file import read_statements
from crmflow.analysis.exploring.replaying import replay
from crmflow.analysis.exploring.story_file import read_story, story_lines
from crmflow.analysis.exploring.telling import commands, pasted_test
from crmflow.analysis.fault import Fault, FaultKind
from crmflow.analysis.happening import Happening, Story
from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.errors import ConfigurationError, UnknownEventError
from crmflow.core.journal import unborn
from crmflow.core.ref import EntityRef
from crmflow.core.reserved import MIRROR
from tests.analysis.exploring.parcels import MACHINES

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
CLERK = Actor("clerk-1", {"carrier"}, departments={"north"})
LEDGER = EntityRef("acme", "ledger", "L-1")
SENT = Happening(AT, "send", CLERK, {"size": "large", "weight": 40})
STORY = Story(
    "parcel",
    (SENT, Happening(AT, "close", SYSTEM, {}, LEDGER), Happening(AT.replace(day=4))),
    "late",
)

happenings = st.builds(
    Happening,
    st.datetimes(timezones=st.just(UTC)),
    st.sampled_from(["", "send", "$approve"]),
    st.sampled_from([SYSTEM, CLERK, Actor("boss-1", {"boss"})]),
    st.dictionaries(st.text(), st.text() | st.integers() | st.lists(st.booleans())),
    st.none() | st.just(LEDGER),
)


@settings(max_examples=15)
@given(st.lists(happenings, max_size=3), st.text(min_size=1).filter(str.strip))
def test_a_story_is_read_as_it_is_written(told: list[Happening], state: str) -> None:
    """Whoever acts, whatever is brought; where only time passes nobody acts."""
    meant = [
        one if one.event else Happening(one.at, "", SYSTEM, one.payload, one.sender) for one in told
    ]
    story = Story("parcel", tuple(meant), state)
    assert read_story([*story_lines(story), "", " "]) == story


def test_all_faults_of_a_story_file_are_told_with_their_lines() -> None:
    """Lines that are no JSON, and fields that are wrong."""
    lines = ["{}", "", "no", '{"at": "soon"}', "[1]", '{"at": "2026-03-02T09:00:00+00:00", "x": 1}']
    with pytest.raises(ConfigurationError) as caught:
        read_story(lines, "story.jsonl")
    told = "\n".join(caught.value.faults)
    assert "line 1: $.story: missing" in told
    assert "line 3: a JSON object is expected" in told
    assert "line 4: $.at: type" in told
    assert "line 5: a JSON object is expected" in told
    assert "line 6: $.x: unknown" in told
    with pytest.raises(ConfigurationError, match="line 1"):
        read_story([])


def test_a_story_is_told_as_commands() -> None:
    """What comes by message cannot be typed and is a comment."""
    create, close, wait = commands(STORY)
    assert create == (
        "crmflow entity create parcel --id X-1 --at 2026-03-02T09:00:00+00:00 --actor clerk-1 "
        '--role carrier --department north --payload \'{"size": "large", "weight": 40}\''
    )
    assert close == "# by message at 2026-03-02T09:00:00+00:00: close {}"
    assert wait == "crmflow timer run --until 2026-03-04T09:00:00+00:00"


@pytest.mark.parametrize("directory", [None, "staff.toml"])
def test_a_story_is_told_as_a_test(
    directory: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It runs as it is written, with what it was found with; what is empty is left out."""
    monkeypatch.chdir(tmp_path)
    Path("staff.toml").write_text('[[person]]\nid = "boss-7"\nroles = ["boss"]\n', "utf-8")
    config = {"holidays": datetime(2026, 1, 1, tzinfo=UTC)} if directory else {}
    plugin = Path(__file__).with_name("parcels.py")
    story = Story("parcel", (SENT,), "sent")
    plugins = [str(plugin)] if directory else []
    given = {"plugins": plugins, "profile": None, "config": config, "directory": directory}
    text = pasted_test(Fault(FaultKind.DEAD_END, "sent", machine="parcel"), story, given)
    compile(text, "test_parcel.py", "exec")
    assert "profile" not in text
    for part in ("import datetime\n\n", "toml_directory('staff.toml')", f"plugins={plugins!r}"):
        assert (part in text) is bool(directory)


def test_a_replay_tells_what_each_happening_comes_to() -> None:
    """Refused, accepted, or passed over; and where it ends."""
    found = replay(STORY, machines=MACHINES)
    sent, closed, waited = (answer for _, answer in found.answers)
    assert isinstance(closed, tuple)
    assert closed[0].refusal is not None
    assert isinstance(sent, tuple)
    assert isinstance(waited, tuple)
    assert [one.event.name for one in waited] == ["miss"]
    assert found.state == "late"


def test_a_replay_of_what_cannot_be_tells_the_error() -> None:
    """An event that is not there, or an entity that never came to be."""
    unknown = replay(Story("bill", (Happening(AT, "send", CLERK),), "x"), machines=MACHINES)
    assert isinstance(unknown.answers[0][1], UnknownEventError)
    assert unknown.state is None
    empty = replay(Story("churn_case", (), "x"), profile="demo")
    assert (empty.answers, empty.state) == ((), None)


def test_news_is_asked_as_the_flow_has_it() -> None:
    """Of a linked entity, each later than the one before."""
    told = mirrored("bill", EntityRef("acme", "bill", "one"), "closed", {"size": "small"})
    before = unborn(EntityRef("acme", "parcel", "P-1"), AT)
    asked = request_of(before, Happening(AT, MIRROR, SYSTEM, told))
    assert (asked.payload.name, asked.payload.state) == ("bill", "closed")  # type: ignore[attr-defined]
    assert asked.payload.version == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("event", "payload", "why"),
    [
        ("$adopt", {}, r"line 2: \$\.event: reserved, expected an event of the machine"),
        ("$mirror", {"name": "a"}, r"line 2: \$\.payload\.facts: missing"),
    ],
)
def test_what_every_machine_has_is_no_line_but_news(
    event: str, payload: dict[str, object], why: str
) -> None:
    """And those have all that a linked entity tells."""
    line = {"at": "2026-03-02T09:00:00+00:00", "event": event, "payload": payload}
    with pytest.raises(ConfigurationError, match=why):
        read_story(['{"story": "parcel", "state": "late"}', json.dumps(line)])


GOOD = """
from crmflow.analysis.exploring import in_state, never

PROPERTIES = {"parcel": [never("never_late", in_state("late"))]}
SAMPLES = {"parcel": {"send": [{"weight": 3}]}}
"""


def test_a_file_states_properties_and_samples(tmp_path: Path) -> None:
    """By machine."""
    file = tmp_path / "stated_well.py"
    file.write_text(GOOD, "utf-8")
    found = read_statements(str(file), ["parcel"])
    assert [one.name for one in found.properties["parcel"]] == ["never_late"]
    assert found.samples["parcel"]["send"] == [{"weight": 3}]


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("none", "", "neither PROPERTIES nor SAMPLES"),
        ("shape", "PROPERTIES = []", "mappings by machine"),
        ("unknown", "SAMPLES = {'parcl': {}}", "Did you mean 'parcel'"),
        ("other", "PROPERTIES = {'parcel': [1]}", "which is no property"),
        ("none_at_all", "PROPERTIES = {'parcel': None}", "None, which is no property"),
        ("flat", "SAMPLES = {'parcel': [{}]}", "is no mapping of events to lists of payloads"),
        ("single", "SAMPLES = {'parcel': {'send': 1}}", "is no mapping of events to lists"),
        ("bare", "SAMPLES = {'parcel': {'send': ['x']}}", "is no mapping of events to lists"),
    ],
)
def test_a_file_that_states_nothing_right_is_refused(
    name: str, text: str, why: str, tmp_path: Path
) -> None:
    """With what would be right."""
    file = tmp_path / f"stated_{name}.py"
    file.write_text(text, "utf-8")
    with pytest.raises(ConfigurationError, match=why):
        read_statements(str(file), ["parcel"])


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("no_such_module", "there is no such module .*'no_such_module'.*: give the path of a .py"),
        ("stated.txt", "there is no such module .*: give the path of a .py"),
        ("no_such_file.py", "there is no such file: give the path of a .py file"),
    ],
)
def test_what_is_not_there_is_told_as_what_it_should_be(name: str, why: str) -> None:
    """A file, or a module by its name; nobody asked for a plugin."""
    with pytest.raises(ConfigurationError, match=why) as caught:
        read_statements(name, ["parcel"])
    assert str(caught.value).startswith(f"configuration from properties {name} cannot be used")


def test_what_a_file_raises_is_told(tmp_path: Path) -> None:
    """With the cause attached, also where the file asks for a module that is not there."""
    file = tmp_path / "stated_badly.py"
    for text, why in ("1 / 0", "ZeroDivisionError"), ("import no_such_one", "ModuleNotFoundError"):
        file.write_text(text, "utf-8")
        with pytest.raises(ConfigurationError, match=f"importing it raised {why}") as caught:
            read_statements(str(file), ["parcel"])
        assert type(caught.value.__cause__).__name__ == why
