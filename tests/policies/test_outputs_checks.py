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


def faults(row: Mapping[str, object], table: str = "outputs") -> tuple[str, ...]:
    """Return what is said of a row."""
    tables = {"outputs": [row]} if table == "outputs" else {table: [row]}
    said = config(*tables.pop("outputs", ()), settings=ERP, **tables)
    with pytest.raises(ConfigurationError) as caught:
        office(said)
    return caught.value.faults


@pytest.mark.parametrize(
    ("changes", "place", "told"),
    [
        ({"events": ["anser"]}, "events[0]", "unknown. Did you mean 'answer'?"),
        ({"events": [], "states": ["opened"]}, "states[0]", "unknown. Did you mean 'open'?"),
        ({"events": []}, "events", "empty, expected events or states that cause it"),
        ({"when": "is_grav"}, "when", "unknown. Did you mean 'is_grave'? (at character 1)"),
        (
            {"when": "text"},
            "when",
            ("type, expected an expression that gives true or false, not a text (at character 1)"),
        ),
        ({"to": ["costumer:customer"]}, "to[0]", "unknown. 'costumer'. Did you mean 'customer'?"),
        ({"to": ["role:"]}, "to[0]", "missing, expected whom: role:<name>"),
        ({"to": ["person:ownr"]}, "to[0]", "unknown. Did you mean 'owner'?"),
        (
            {"to": ["person:customer.owner", "person:customer.nobody"]},
            "to[1]",
            "unknown. Did you mean 'customer.id'?",
        ),
        (
            {"channels": ["pigeon"]},
            "channels[0]",
            (
                "unknown. Known: 'email', 'face_to_face', 'letter', 'newsletter', "
                "'phone', 'sms', 'social_media', 'web', 'wechat', 'writing'."
            ),
        ),
        (
            {"channels": ["sms"], "channel_of": "channels"},
            "channel_of",
            "given, expected channels or channel_of, not both",
        ),
        ({"channel_of": "form.channel"}, "channel_of", "unknown. Did you mean 'channels'?"),
        (
            {"language_of": "tongue"},
            "language_of",
            (
                "unknown. Known: 'channels', 'count', 'customer', "
                "'customer.customer_type', 'customer.file_class', 'customer.id', "
                "'customer.key_account_grade', 'customer.lifecycle_stage', "
                "'customer.name', 'customer.owner', 'customer.state', 'customer.tier', "
                "'department', 'due_at', 'due_on', 'extra', 'form.reply', 'form.words',"
                " 'is_grave', 'language', 'mood', 'owner', 'part', 'parts', 'rate', "
                "'role', 'span', 'sum', 'tags', 'team', 'text'."
            ),
        ),
        (
            {"address_of": "adress"},
            "address_of",
            (
                "unknown. Known: 'channels', 'count', 'customer', "
                "'customer.customer_type', 'customer.file_class', 'customer.id', "
                "'customer.key_account_grade', 'customer.lifecycle_stage', "
                "'customer.name', 'customer.owner', 'customer.state', 'customer.tier', "
                "'department', 'due_at', 'due_on', 'extra', 'form.reply', 'form.words',"
                " 'is_grave', 'language', 'mood', 'owner', 'part', 'parts', 'rate', "
                "'role', 'span', 'sum', 'tags', 'team', 'text'."
            ),
        ),
        ({"fields": ["text", "form.word"]}, "fields[1]", "unknown. Did you mean 'form.words'?"),
        ({"template": "plan_"}, "template", "unknown. Did you mean 'plan'?"),
        (
            {"template": "unwise"},
            "template",
            (
                "unknown. template 'unwise', text_en: 'nothing'. Known: 'actor', 'at', "
                "'company', 'entity', 'event', 'facts', 'fields', 'form', 'links', "
                "'machine', 'recipient', 'state', 'title'. (line 1)"
            ),
        ),
        (
            {"connector": "erp"},
            "connector",
            "given, expected nothing: only data goes to a connector",
        ),
        (
            {"task": {"name": "work", "role": "clerk", "done": ["agin"]}},
            "task.done[0]",
            "unknown. Did you mean 'again'?",
        ),
        (
            {"task": {"name": "work", "role": "clerk", "assignee": "ownr"}},
            "task.assignee",
            "unknown. Did you mean 'owner'?",
        ),
        (
            {"events": ["close"], "task": {"name": "work", "role": "clerk"}},
            "task",
            ("final, expected no task: the entity has ended, and ends all its tasks"),
        ),
        (
            {"kind": "leter"},
            "kind",
            (
                "choice, expected one of notice, letter, mail, form, report, plan, "
                "reminder, briefing, data"
            ),
        ),
    ],
)
def test_a_faulty_output_is_told_with_its_place(
    changes: Mapping[str, object], place: str, told: str
) -> None:
    """File, place, what is wrong and what would be right."""
    unwise = {"name": "unwise", "text_en": "{{ facts.text }}{{ nothing }}", "text_zh": "无"}
    said = config({**TOLD, **changes}, templates=[PLAIN, unwise], settings=ERP)
    with pytest.raises(ConfigurationError) as caught:
        office(said)
    assert f"config: $.outputs[0].{place} (told): {told}" in caught.value.faults


@pytest.mark.parametrize(
    ("changes", "place", "told"),
    [
        ({"connector": "ERP"}, "connector", "unknown. Known: 'erp'."),
        ({"connector": None}, "connector", "missing, expected the system it goes to"),
        ({"fields": []}, "fields", "empty, expected the facts that are sent"),
        ({"to": ["role:clerk"]}, "to", "given, expected nothing: data goes to a connector"),
        ({"template": "plain"}, "template", "given, expected nothing: data goes to a connector"),
        ({"fields": ["custmer"]}, "fields[0]", "unknown. Did you mean 'customer'?"),
    ],
)
def test_data_needs_a_system_and_facts(
    changes: Mapping[str, object], place: str, told: str
) -> None:
    """INT-001: to a connector of the settings, and no words (INT-002)."""
    row = {name: value for name, value in {**DATA, **changes}.items() if value is not None}
    assert f"config: $.outputs[0].{place} (for_erp): {told}" in faults(row)


@pytest.mark.parametrize(
    ("changes", "place", "told"),
    [
        ({"states": ["opened"]}, "states[0]", "unknown. Did you mean 'open'?"),
        ({"where": "is_grav"}, "where", "unknown. Did you mean 'is_grave'? (at character 1)"),
        ({"columns": []}, "columns", "empty, expected one column at least"),
        (
            {"columns": [{"name": "custmer"}]},
            "columns[0].name",
            "unknown. Did you mean 'customer'? (at character 1)",
        ),
        (
            {"columns": [{"name": "x", "value": "count +"}]},
            "columns[0].value",
            ("syntax, expected more: the expression breaks off (at character 8)"),
        ),
        (
            {"columns": [{"name": "x", "value": "[1, 2]"}]},
            "columns[0].value",
            "type, expected an expression that gives a value, not a list",
        ),
        (
            {"columns": [{"name": "id"}, {"name": "id"}]},
            "columns[1].name",
            "double, expected a name of its own",
        ),
        ({"order": ["-customer"]}, "order[0]", "unknown. Known: 'id'."),
    ],
)
def test_a_faulty_list_is_told_with_its_place(
    changes: Mapping[str, object], place: str, told: str
) -> None:
    """As every row of every table is."""
    found = faults({**LIST, **changes}, "lists")
    assert f"config: $.lists[0].{place} (matters): {told}" in found


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
