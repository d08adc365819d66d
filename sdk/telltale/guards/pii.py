"""Personal data: e-mail, phone, payment card, IBAN, US social security number.

Names and addresses are not found: those need a model.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from telltale.guards._model import Guard
from telltale.guards._search import Pattern, find, verdict_on, without

if TYPE_CHECKING:
    from telltale.guards._model import Hit, Verdict

_DATE: Final = re.compile(r"\d{4}([-/. ])\d{1,2}\1\d{1,2}(?!\d)|\d{1,2}([-/. ])\d{1,2}\2\d{4}(?!\d)")
_GROUPED: Final = re.compile(r"\d{1,3}(?:[ .]\d{3})+")  # thousands


def passes_luhn(text: str) -> bool:
    """Whether a card number's check digit is right."""
    digits = [int(c) for c in text if c in "0123456789"]
    if not 13 <= len(digits) <= 19 or len(set(digits)) == 1:
        return False
    doubled = (d * 2 - 9 if d > 4 else d * 2 for d in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def passes_mod_97(text: str) -> bool:
    """Whether an IBAN's check digits are right."""
    iban = text.replace(" ", "").upper()
    if not 15 <= len(iban) <= 34:
        return False
    return int("".join(str(int(c, 36)) for c in iban[4:] + iban[:4])) % 97 == 1


def is_assigned_ssn(text: str) -> bool:
    """Whether the number's parts are such that have ever been given out."""
    area, group, serial = re.split(r"[- ]", text)
    return area not in {"000", "666"} and area < "900" and group != "00" and serial != "0000"


def _is_phone(text: str) -> bool:
    """A telephone number: with a prefix, or in three to five short groups that are no date, sum or address."""
    if not 10 <= sum(c.isdigit() for c in text) <= 15:
        return False
    if text.startswith(("+", "00")):
        return True
    groups = re.findall(r"\d+", text)
    is_grouped = 3 <= len(groups) <= 5 and all(len(group) <= 5 for group in groups)
    return is_grouped and not _DATE.match(text) and not _GROUPED.fullmatch(text) and text.count(".") != 3


PATTERNS: Final = (
    Pattern("email", re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![\w-])"), mark="@"),
    Pattern(
        "iban",
        re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])"),
        passes_mod_97,
    ),
    Pattern("card", re.compile(r"(?<![\w.+-])[2-6](?:[ -]?\d){12,18}(?![\w-]|\.\d)", re.ASCII), passes_luhn),
    Pattern(
        "ssn",
        re.compile(r"(?<![\w-])(?:\d{3}-\d{2}-\d{4}|\d{3} \d{2} \d{4})(?![\w-])", re.ASCII),
        is_assigned_ssn,
    ),
    Pattern(
        "phone",
        re.compile(
            r"(?:(?<![\w.,/:=+-])|(?<=[:=])(?=\+))(?:\+|\()?\d(?:[ .()-]{0,2}\d){8,16}(?![\w/:-]|\.\d)", re.ASCII
        ),
        _is_phone,
    ),
)


def hits(text: str) -> tuple[Hit, ...]:
    return find(PATTERNS, text)


def check(text: str) -> Verdict:
    return verdict_on(hits(text))


def redact(text: str) -> str:
    """The text with ``[EMAIL]`` and the like in place of personal data."""
    return without(text, hits(text))


GUARD = Guard("pii", check, redact=redact)
