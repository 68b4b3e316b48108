"""The table `roles`."""

from __future__ import annotations

import attrs

from crmflow.core.form import Text
from crmflow.core.tables import TableRow


@attrs.frozen(kw_only=True)
class Role(TableRow):
    """
    A role (`[[roles]]`).

    Attributes:
        en: What it is called in English.
        zh: The same in Chinese.
        synonyms: Other words for it.
        duties_en: What it may or must do, in English.
        duties_zh: The same in Chinese.
    """

    en: Text
    zh: Text
    synonyms: tuple[Text, ...] = ()
    duties_en: Text | None = None
    duties_zh: Text | None = None
