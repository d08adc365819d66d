from __future__ import annotations

import pytest

from telltale.guards import pii

HITS = [
    ("write to ann.lee+news@mail.example.co.uk today", "write to [EMAIL] today"),
    ("Почта: иван@пример.рф.", "Почта: [EMAIL]."),
    ("<bob@example.com>", "<[EMAIL]>"),
    ("call +49 170 1234567 now", "call [PHONE] now"),
    ("call +1 (555) 010-9999.", "call [PHONE]."),
    ("tel. (030) 1234 5678", "tel. [PHONE]"),
    ("555-010-9999", "[PHONE]"),
    ("+4915112345678", "[PHONE]"),
    ("tel:+49-151-1234567", "tel:[PHONE]"),
    ("01 23 45 67 89", "[PHONE]"),
    ("0033 1 23 45 67 89", "[PHONE]"),
    ("card 4111 1111 1111 1111 exp 12/29", "card [CARD] exp 12/29"),
    ("5500-0000-0000-0004", "[CARD]"),
    ("amex 378282246310005!", "amex [CARD]!"),
    ("IBAN DE89 3704 0044 0532 0130 00, thanks", "IBAN [IBAN], thanks"),
    ("GB82WEST12345698765432", "[IBAN]"),
    ("ssn 123-45-6789.", "ssn [SSN]."),
    ("two: a@b.example, c@d.example", "two: [EMAIL], [EMAIL]"),
]

MISSES = [
    "4111 1111 1111 1112",  # fails Luhn
    "1111 1111 1111 1111",
    "DE88 3704 0044 0532 0130 00",  # fails mod 97
    "000-12-3456",
    "666-12-3456",
    "2026-11-24 05:48:26",
    "24.11.2026",
    "version 1.45.2",
    "192.168.10.100",
    "trace 4bf92f3577b34da6a3ce929d0e0e4736",
    "4bf92f35-77b3-4da6-a3ce-929d0e0e4736",
    "1795460537216693693 ns",
    "order 12345678",
    "pi is 3.14159265358979",
    "http://example.com/12345678901",
    "@someone said hi",
    "2026 11 24 05 48",
    "rows 100 200 300 400",
    "12 34 56 78 90 12 34",
    "id=12345678901",
    "see section 3.2.1 and pages 10-12",
    "1,234,567,890 tokens",
    "a price of 1 000 000 000",
]


@pytest.mark.parametrize(("text", "redacted"), HITS)
def test_personal_data_is_found_and_taken_out(text: str, redacted: str) -> None:
    assert pii.check(text).verdict == "flag"
    assert pii.redact(text) == redacted


@pytest.mark.parametrize("text", MISSES)
def test_what_only_looks_alike_is_left_alone(text: str) -> None:
    assert pii.redact(text) == text
    assert pii.check(text).verdict == "pass"


def test_a_verdict_names_what_and_where_and_never_the_text() -> None:
    verdict = pii.check("a@b.example or 123-45-6789 or c@d.example")
    assert verdict.reason == "email x2, ssn x1"
    assert [(hit.start, hit.end, hit.label) for hit in verdict.spans] == [
        (0, 11, "email"),
        (15, 26, "ssn"),
        (30, 41, "email"),
    ]
    assert "b.example" not in repr(verdict)
