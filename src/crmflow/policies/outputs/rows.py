"""The tables `outputs`, `templates` and `lists`: what is told to whom, in which words."""

from __future__ import annotations

from enum import StrEnum

import attrs

from crmflow.core.form import Text
from crmflow.core.tables import MachineRow, TableRow
from crmflow.texts import LANGUAGES


class Kind(StrEnum):
    """What an output is; the kind is the template too, where a row names none."""

    NOTICE = "notice"
    LETTER = "letter"
    MAIL = "mail"
    FORM = "form"
    REPORT = "report"
    PLAN = "plan"
    REMINDER = "reminder"
    BRIEFING = "briefing"
    DATA = "data"


@attrs.frozen(kw_only=True)
class Work:
    """
    The task an output opens for people, beside what it sends or in place of it.

    Attributes:
        name: Code of the work; its text is in the locale section `tasks`.
        role: Role whose holders may do it.
        assignee: Fact that names the one person who may, or None.
        done: Events that close it.
    """

    name: Text
    role: Text
    assignee: Text | None = None
    done: tuple[Text, ...] = ()


@attrs.frozen(kw_only=True)
class Output(MachineRow):
    """
    Something told or handed out (`[[outputs]]`).

    A path is a fact (`cause`, `contact.mobile`), a field of the event's form (`form.reply`)
    or what a linked entity told (`links.customer.name`).

    Attributes:
        title_en: What it is called, in English.
        title_zh: What it is called, in Chinese.
        kind: What it is.
        events: Events that cause it, and whose form it may tell of.
        states: States whose entering causes it. Without either, or without recipients and
            a task, it is made on demand alone, as a form that people print.
        when: Expression about the entity after the event, with what the event brings.
        once: Whether it goes out once in the life of an entity.
        to: Who gets it: `customer:<path>` or `customer:self`, `person:<path>`,
            `superior:<path>`, `department:<path>`, `role_of:<path>`, `role:<role>`.
        channels: How it reaches them, one message for each.
        channel_of: Path that gives the channel, or several, in place of `channels`.
        language_of: Path that gives the language of who gets it.
        address_of: Path that gives the address.
        template: Name of its template; left out, that of its kind.
        fields: Paths of what it lists, in order; of data, what is sent.
        handler: Handler that takes it, in place of the channel's.
        connector: For data: name of the system it goes to.
        task: Work that it opens for people.
    """

    title_en: Text
    title_zh: Text
    kind: Kind
    events: tuple[Text, ...] = ()
    states: tuple[Text, ...] = ()
    when: Text | None = None
    once: bool = False
    to: tuple[Text, ...] = ()
    channels: tuple[Text, ...] = ()
    channel_of: Text | None = None
    language_of: Text | None = None
    address_of: Text | None = None
    template: Text | None = None
    fields: tuple[Text, ...] = ()
    handler: Text | None = None
    connector: Text | None = None
    task: Work | None = None

    def title(self, lang: str) -> str:
        """Return its title in a language."""
        return self.title_zh if lang == "zh" else self.title_en

    @property
    def worded(self) -> str:
        """Name of its template."""
        return self.template or self.kind.value

    @property
    def acts(self) -> bool:
        """Whether it does anything by itself: else it is printed on demand."""
        return bool(self.to or self.connector or self.task)


@attrs.frozen(kw_only=True)
class Template(TableRow):
    """
    The words of outputs (`[[templates]]`), as Jinja templates without calls or includes.

    Attributes:
        subject_en: Subject in English; one line.
        subject_zh: Subject in Chinese.
        text_en: Text in English.
        text_zh: Text in Chinese.
        html: Whether it is HTML, in which values are escaped.
    """

    subject_en: Text = "{{ title }}"
    subject_zh: Text = "{{ title }}"
    text_en: Text
    text_zh: Text
    html: bool = False

    def subject(self, lang: str) -> str:
        """Return the subject's source in a language."""
        return self.subject_zh if lang == "zh" else self.subject_en

    def text(self, lang: str) -> str:
        """Return the text's source in a language."""
        return self.text_zh if lang == "zh" else self.text_en

    @property
    def sources(self) -> dict[str, str]:
        """All its sources by the column they stand in."""
        return {
            f"{part}_{lang}": getattr(self, part)(lang)
            for part in ("subject", "text")
            for lang in LANGUAGES
        }


@attrs.frozen(kw_only=True)
class Column:
    """
    A column of a list.

    Attributes:
        name: Its name; without a value the fact of that name.
        value: A fact, `id`, `state`, or an expression.
        en: Heading in English; left out, the label of the fact.
        zh: Heading in Chinese.
    """

    name: Text
    value: Text | None = None
    en: Text | None = None
    zh: Text | None = None

    @property
    def source(self) -> str:
        """Where its value comes from."""
        return self.value or self.name

    def heading(self, lang: str) -> str | None:
        """Return its own heading in a language, or None."""
        return self.zh if lang == "zh" else self.en


@attrs.frozen(kw_only=True)
class Listing(MachineRow):
    """
    A list derived from the entities on demand (`[[lists]]`).

    Attributes:
        title_en: What it is called, in English.
        title_zh: What it is called, in Chinese.
        states: States of the entities in it; left out, all that are not final.
        where: Expression about the entity.
        columns: Its columns.
        order: Columns it is ordered by, `-` before one that falls.
    """

    title_en: Text
    title_zh: Text
    states: tuple[Text, ...] = ()
    where: Text | None = None
    columns: tuple[Column, ...]
    order: tuple[Text, ...] = ()

    def title(self, lang: str) -> str:
        """Return its title in a language."""
        return self.title_zh if lang == "zh" else self.title_en
