"""Texts that stores stumble over: controls, damage, every script, letters that look like others."""

# ruff: noqa: RUF001 - letters that look like others are the point

from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    """A text as bytes that claim to be UTF-8."""

    raw: bytes

    @property
    def is_valid(self) -> bool:
        return self.raw.decode("utf-8", "replace").encode() == self.raw

    @property
    def kept(self) -> str:
        """What a reader has to see."""
        return self.raw.decode("utf-8", "replace")

    @property
    def in_json(self) -> bytes:
        """Between quotes, in JSON: only what JSON cannot hold is escaped."""
        escaped = [f"\\u{byte:04x}".encode() if byte < 0x20 or byte in b'"\\' else bytes([byte]) for byte in self.raw]
        return b'"' + b"".join(escaped) + b'"'


def texts() -> list[Text]:
    """The corpus: 200 and more."""
    valid = [*_controls(), *_noncharacters(), *_WORLD, *_LOOKALIKES, *_marks()]
    return [Text(text.encode()) for text in valid] + [Text(raw) for raw in _damaged()]


def _controls() -> list[str]:
    codes = [*range(0x20), 0x7F, 0x80, 0x85, 0x9F, 0xA0, 0xAD]
    return [f"a{chr(code)}b" for code in codes] + ["\0", "\0\0\0", "\0start", "end\0", "", " ", "\n", "\t\t"]


def _noncharacters() -> list[str]:
    planes = [f"x{chr(plane << 16 | low)}y" for plane in range(17) for low in (0xFFFE, 0xFFFF)]
    return planes + [f"x{chr(code)}y" for code in (0xFDD0, 0xFDD1, 0xFDD2, 0xFDD3, 0xFDEF, 0xE000, 0xF8FF, 0x10FFFD)]


def _marks() -> list[str]:
    bom, replacement = "\ufeff", "\ufffd"
    return [bom, f"{bom}start", f"mid{bom}dle", f"end{bom}", replacement, f"a{replacement}b", "\u2028", "a\u2029b"]


_WORLD = [
    "שלום עולם",
    "مرحبا بالعالم",
    "a\u202eb\u202cc",
    "\u2066isolated\u2069",
    "\u200fmark\u200e",
    "e\u0301 and é",
    "\u1112\u1161\u11ab",
    "Z" + "\u0300\u0301\u0302" * 40,
    "😀",
    "👩‍👩‍👧‍👦",
    "👍🏽",
    "🇺🇦🇯🇵",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢",
    "𠜎𠜱𡿺",
    "日本語テキスト",
    "한국어",
    "ภาษาไทย",
    "हिन्दी",
    "ﷺ",
    "ß ẞ ſ İ ı",
    "Ω Ω K K",
    "\u200b\u200c\u200d\u2060",
    "ﬁ ﬂ",
    "1⁄2 ½",
    "\U0001f3f4\U000e0067\U000e0062\U000e007f",
    "\u0378",
    "\U0010ffff",
    "٣٤٥",
    "ﺍﻟﻌ",
    "a" * 10_000 + "é",
]

_LOOKALIKES = [
    '"quoted"',
    "back\\slash",
    "\\u0000",
    "\\ud83d",
    "\\\\ud83d\\ude00",
    "\\n",
    "null",
    "true",
    "NaN",
    "-0",
    "1e999",
    '{"a": 1}',
    "[1, 2",
    '{"$text": 0}',
    '["$bytes"]',
    "{text:String}",
    "%s %d {0}",
    "'; DROP TABLE spans; --",
    "\\'; --",
    "<script>alert(1)</script>",
    "${jndi:ldap://x}",
    "../../etc/passwd",
    "\x1b[31mred\x1b[0m",
    "=1+1",
    "a\r\nb: c",
    "\\N",
    "\\x00",
    "&lt;&amp;",
    "`tick` $(cmd)",
    "tab\tquote'",
]


def _damaged() -> list[bytes]:
    units = [
        *(b"\x80", b"\xbf", b"\xc0\x80", b"\xc1\xbf", b"\xe0\x80\x80", b"\xe0\x9f\xbf", b"\xf0\x80\x80\x80"),
        *(b"\xf0\x8f\xbf\xbf", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xed\xa0\xbd\xed\xb8\x80", b"\xf4\x90\x80\x80"),
        *(b"\xf5\x80\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80", b"\xfe", b"\xff", b"\xfe\xff"),
        *(b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"\xe2\x28\xa1", b"\xf0\x28\x8c\xbc", b"caf\xe9", b"\xff\xfeh\0i\0"),
    ]
    return [
        *units,
        *(b"before " + unit for unit in units),
        *("дальше ".encode() + unit + b" after" for unit in units),
        b"\xff" * 1000,
        b"\x00\xff\x00",
    ]
