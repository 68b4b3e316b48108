"""Every fault of outputs, templates and lists is told when they are loaded, all at once."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from crmflow.core.errors import ConfigurationError
from crmflow.policies.outputs import checks
from tests.policies.letters import PLAIN, TOLD, config, office

LIST = {
    "name": "matters", "machine": "matter", "title_en": "Matters", "title_zh": "事项",
    "columns": [{"name": "id"}],
}  # fmt: skip
DATA = {
    "name": "for_erp", "machine": "matter", "title_en": "Data", "title_zh": "数据",
    "kind": "data", "events": ["answer"], "connector": "erp", "fields": ["customer"],
}  # fmt: skip
ERP = {"integration.endpoints": {"erp": {"internal": True}}}


def faults(row: Mapping[str, object], table: str = "outputs") -> str:
    """Return what is said of a row."""
    tables = {"outputs": [row]} if table == "outputs" else {table: [row]}
    said = config(*tables.pop("outputs", ()), settings=ERP, **tables)
    with pytest.raises(ConfigurationError) as caught:
        office(said)
    return "\n".join(caught.value.faults)


@pytest.mark.parametrize(
    ("changes", "place", "expected"),
    [
        ({"events": ["anser"]}, "events[0]", "Did you mean 'answer'?"),
        ({"events": [], "states": ["opened"]}, "states[0]", "Did you mean 'open'?"),
        ({"events": []}, "events", "empty, expected events or states that cause it"),
        ({"when": "is_grav"}, "when", "Did you mean 'is_grave'?"),
        ({"when": "text"}, "when", "true or false"),
        ({"to": ["costumer:customer"]}, "to[0]", "Did you mean 'customer'?"),
        ({"to": ["role:"]}, "to[0]", "whom: role:<name>"),
        ({"to": ["person:ownr"]}, "to[0]", "Did you mean 'owner'?"),
        ({"to": ["person:customer.owner", "person:customer.nobody"]}, "to[1]", "customer.id"),
        ({"channels": ["pigeon"]}, "channels[0]", "unknown"),
        ({"channels": ["sms"], "channel_of": "channels"}, "channel_of", "not both"),
        ({"channel_of": "form.channel"}, "channel_of", "unknown"),
        ({"language_of": "tongue"}, "language_of", "unknown"),
        ({"address_of": "adress"}, "address_of", "unknown"),
        ({"fields": ["text", "form.word"]}, "fields[1]", "Did you mean 'form.words'?"),
        ({"template": "plan_"}, "template", "Did you mean 'plan'?"),
        ({"template": "unwise"}, "template", "template 'unwise', text_en: 'nothing'"),
        ({"connector": "erp"}, "connector", "only data goes to a connector"),
        ({"task": {"name": "work", "role": "clerk", "done": ["agin"]}}, "task.done[0]",
         "Did you mean 'again'?"),
        ({"task": {"name": "work", "role": "clerk", "assignee": "ownr"}}, "task.assignee",
         "Did you mean 'owner'?"),
        ({"events": ["close"], "task": {"name": "work", "role": "clerk"}}, "task",
         "the entity has ended"),
        ({"kind": "leter"}, "kind", "one of notice, letter"),
    ],
)  # fmt: skip
def test_a_faulty_output_is_told_with_its_place(
    changes: Mapping[str, object], place: str, expected: str
) -> None:
    """File, place, what is wrong and what would be right."""
    unwise = {"name": "unwise", "text_en": "{{ facts.text }}{{ nothing }}", "text_zh": "无"}
    said = config({**TOLD, **changes}, templates=[PLAIN, unwise], settings=ERP)
    with pytest.raises(ConfigurationError) as caught:
        office(said)
    (fault, *_) = [one for one in caught.value.faults if f"$.outputs[0].{place}" in one]
    assert "(told)" in fault
    assert expected in fault


@pytest.mark.parametrize(
    ("changes", "place", "expected"),
    [
        ({"connector": "ERP"}, "connector", "Known: 'erp'"),
        ({"connector": None}, "connector", "the system it goes to"),
        ({"fields": []}, "fields", "the facts that are sent"),
        ({"to": ["role:clerk"]}, "to", "data goes to a connector"),
        ({"template": "plain"}, "template", "data goes to a connector"),
        ({"fields": ["custmer"]}, "fields[0]", "Did you mean 'customer'?"),
    ],
)
def test_data_needs_a_system_and_facts(
    changes: Mapping[str, object], place: str, expected: str
) -> None:
    """INT-001: to a connector of the settings, and no words (INT-002)."""
    row = {name: value for name, value in {**DATA, **changes}.items() if value is not None}
    told = faults(row)
    assert f"$.outputs[0].{place}" in told
    assert expected in told


@pytest.mark.parametrize(
    ("changes", "place", "expected"),
    [
        ({"states": ["opened"]}, "states[0]", "Did you mean 'open'?"),
        ({"where": "is_grav"}, "where", "Did you mean 'is_grave'?"),
        ({"columns": []}, "columns", "one column at least"),
        ({"columns": [{"name": "custmer"}]}, "columns[0].name", "Did you mean 'customer'?"),
        ({"columns": [{"name": "x", "value": "count +"}]}, "columns[0].value", "breaks off"),
        ({"columns": [{"name": "x", "value": "[1, 2]"}]}, "columns[0].value",
         "gives a value, not a list"),
        ({"columns": [{"name": "id"}, {"name": "id"}]}, "columns[1].name", "a name of its own"),
        ({"order": ["-customer"]}, "order[0]", "Known: 'id'"),
    ],
)  # fmt: skip
def test_a_faulty_list_is_told_with_its_place(
    changes: Mapping[str, object], place: str, expected: str
) -> None:
    """As every row of every table is."""
    told = faults({**LIST, **changes}, "lists")
    assert f"$.lists[0].{place}" in told
    assert expected in told


def test_all_faults_are_told_at_once() -> None:
    """Nobody mends a file one fault at a time."""
    row = {**TOLD, "events": ["anser"], "to": ["clerk"], "channels": ["pigeon"]}
    with pytest.raises(ConfigurationError) as caught:
        office(config(row, settings=ERP))
    assert len(caught.value.faults) >= 3


def test_a_faulty_notice_of_a_deadline_is_told() -> None:
    """Its template has names of its own."""
    near = {"name": "deadline_near", "text_en": "{{ facts.due_in }}"}
    with pytest.raises(ConfigurationError, match=r"text_en.*Did you mean 'due_at'\?"):
        office(config(templates=[near]))


def test_words_of_deadlines_need_a_package_only_where_they_are_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Deadlines are told as data; a folder wants them in words."""
    wrong = {
        "name": "deadline_near", "text_en": "{{ nobody }} is late", "text_zh": "{{ nobody }} 逾期"
    }  # fmt: skip
    monkeypatch.setattr(checks, "is_installed", lambda: False)
    office(config(templates=[wrong])).close()
    with pytest.raises(ConfigurationError, match="nobody"):
        office(config(settings={"outputs.folder": "out"}, templates=[wrong]))
