"""Formats: whether a text is a mobile number, an address, a tax id."""

from __future__ import annotations

import functools
import importlib.util
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from crmflow.core.reading import FieldError
from crmflow.policies.data_quality.patterns import pattern_of
from crmflow.policies.data_quality.rows import Format, FormatKind

LONGEST = 1000
"""Characters of a text that is looked at; no number and no address has as many."""

Holds = Callable[[str], bool]

_POSTAL_CODES: Mapping[str, re.Pattern[str]] = {
    "CN": re.compile(r"[0-9]{6}"),
    "HK": re.compile(r"999077"),
    "MO": re.compile(r"999078"),
    "TW": re.compile(r"[0-9]{3}(?:[0-9]{2,3})?"),
    "US": re.compile(r"[0-9]{5}(?:-[0-9]{4})?"),
    "DE": re.compile(r"[0-9]{5}"),
}
_HOST = re.compile(r"(?!-)[^\s./?#@:\\]{1,63}(?<!-)(?:\.(?!-)[^\s./?#@:\\]{1,63}(?<!-))+")


def format_of(row: Format) -> Holds:
    """
    Return what tells whether a text has a row's format.

    Raises:
        FieldError: The row has no such format: a country nobody knows, a faulty pattern.
        ImportError: The extra `contact` is not installed.
    """
    holds = _MAKERS[row.format](row)
    return lambda text: len(text) <= LONGEST and holds(text)


def _missing(package: str) -> ImportError:
    return ImportError(f"formats of contact details need {package}: pip install 'crmflow[contact]'")


@functools.cache
def _numbers() -> Any:  # noqa: ANN401 - a module without types
    try:
        import phonenumbers
    except ImportError as error:
        raise _missing("phonenumberslite") from error
    return phonenumbers


def _telephone(row: Format, *, mobile: bool) -> Holds:
    numbers = _numbers()
    if row.region not in numbers.SUPPORTED_REGIONS:
        raise FieldError("region", f"a country such as 'CN', not {row.region!r}")
    kinds = {numbers.PhoneNumberType.MOBILE, numbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}

    def holds(text: str) -> bool:
        try:
            number = numbers.parse(text, row.region)
        except numbers.NumberParseException:
            return False
        valid = bool(numbers.is_valid_number(number)) and not number.extension
        return valid and (not mobile or numbers.number_type(number) in kinds)

    return holds


def _email(_row: Format) -> Holds:
    # That it is there is known at the start; it is loaded, slowly, with the first address.
    if importlib.util.find_spec("email_validator") is None:
        raise _missing("email-validator")
    return _is_email


def _is_email(text: str) -> bool:
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


def _tax_check(region: str) -> Holds | None:
    try:
        from stdnum.cn import uscc
        from stdnum.util import get_cc_module
    except ImportError as error:
        raise _missing("python-stdnum") from error
    if region == "CN":  # the unified social credit code: since 2015 every organisation's tax id
        return uscc.is_valid
    module = get_cc_module(region.lower(), "vat")
    return None if module is None else module.is_valid


def _tax_id(row: Format) -> Holds:
    holds = _tax_check(row.region)
    if holds is None:
        raise FieldError("region", f"a country whose tax ids are known, not {row.region!r}")
    return holds


def _postal_code(row: Format) -> Holds:
    code = _POSTAL_CODES.get(row.region)
    if code is None:
        known = ", ".join(_POSTAL_CODES)
        raise FieldError("region", f"one of {known}; elsewhere the format 'pattern'")
    return lambda text: code.fullmatch(text) is not None


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    plain = text.isprintable() and " " not in text and "\\" not in text
    return (
        plain
        and parts.scheme in {"http", "https"}
        and parts.username is None
        and bool(host and _HOST.fullmatch(host))
        and port != 0
    )


def _is_number(text: str) -> bool:
    try:
        return text.isascii() and "_" not in text and Decimal(text).is_finite()
    except InvalidOperation:
        return False


_MAKERS: Mapping[FormatKind, Callable[[Format], Holds]] = {
    FormatKind.MOBILE: lambda row: _telephone(row, mobile=True),
    FormatKind.PHONE: lambda row: _telephone(row, mobile=False),
    FormatKind.EMAIL: _email,
    FormatKind.TAX_ID: _tax_id,
    FormatKind.POSTAL_CODE: _postal_code,
    FormatKind.URL: lambda _row: _is_url,
    FormatKind.NUMBER: lambda _row: _is_number,
    FormatKind.PATTERN: lambda row: pattern_of(row.pattern or "").fits,
}
