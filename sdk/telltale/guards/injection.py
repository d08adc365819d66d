"""Prompt injection, by rules.

Overriding instructions, prompt theft, jailbreak personas, forged delimiters, stealth: in English, and the
commonest forms in German, French, Spanish, Italian, Portuguese and Russian. Rules see the text as it is, and as
a model would read it: without invisible characters, with look-alike letters and digits undone, decoded.

A tripwire, not a wall: of the 118 attacks in bastioncorpus 0.6.0, which the rules were not tuned on, they find 45,
with one false alarm in its 63 harmless texts.
"""

from __future__ import annotations

import base64
import codecs
import re
import unicodedata
from typing import TYPE_CHECKING, Final, NamedTuple

from telltale.guards._model import Guard, Verdict
from telltale.guards._search import CLEAR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LONGEST: Final = 20_000
_FLAGGED: Final = 0.5


class Rule(NamedTuple):
    label: str
    weight: float
    regex: re.Pattern[str]


def _rule(label: str, weight: float, *pieces: str) -> Rule:
    return Rule(label, weight, re.compile("".join(pieces), re.IGNORECASE))


_ORDERS: Final = (
    r"(?:instruction|direction|prompt|rule|guideline|polic(?:y|ie)|directive|constraint|guardrail|restriction"
    r"|command|programming)s?"
)
_EARLIER: Final = (
    r"(?:previous|prior|above|earlier|preceding|existing|original|initial|system|safety|your|all|any|every)"
)
_DROP: Final = (
    r"\b(?:ignore|disregard|forget|override|bypass|overlook|discard|set aside|stop following"
    r"|do not follow|don'?t follow)\b"
)
_SHOW: Final = (
    r"\b(?:reveal|show|print|repeat|output|display|leak|expose|disclose|recite|dump|tell me|give me|write out"
    r"|what (?:is|are|was|were))\b"
)

RULES: Final = (
    _rule("override", 0.9, _DROP, r".{0,30}\b", _EARLIER, r"\b.{0,25}\b", _ORDERS, r"\b"),
    _rule(
        "override",
        0.8,
        _DROP,
        r".{0,12}\b(?:everything|all|anything)\b.{0,30}\b(?:above|before|told|said|prior|previous)",
    ),
    _rule(
        "override",
        0.6,
        r"\b(?:new|updated|real|actual|revised)\s{1,3}(?:system\s{1,3})?",
        _ORDERS,
        r"\s{0,3}(?::|are\b)",
    ),
    _rule(
        "override",
        0.9,
        r"\b(?:ignorier|vergiss|missacht)\w{0,5}\b.{0,40}\b(?:anweisung|vorherig|bisherig|regel|vorgab)",
    ),
    _rule(
        "override",
        0.9,
        r"\b(?:ignore[zr]?|oublie[zr]?|ne tiens pas compte)\b.{0,40}\b(?:instructions|consignes|règles)\b",
    ),
    _rule(
        "override",
        0.9,
        r"\b(?:ignora|ignore|olvida|dimentica|esqueça|desconsidere)\w{0,3}\b.{0,40}",
        r"\b(?:instruc|istruzion|instruç|reglas|regole|regras)",
    ),
    _rule(
        "override",
        0.9,
        r"(?:игнорируй|забудь|не обращай внимания|отмени)\w{0,4}\b.{0,40}(?:инструкц|указани|правил|команд)",
    ),
    _rule(
        "exfiltration",
        0.8,
        _SHOW,
        r".{0,40}\b(?:system\s?prompt|system\s?message|(?:initial|hidden|secret|original|internal|full)\s{1,3}",
        _ORDERS,
        r")\b",
    ),
    _rule(
        "exfiltration",
        0.6,
        r"\b(?:send|post|upload|forward|exfiltrate|transmit|append)\b.{0,60}",
        r"\b(?:api[ _-]?keys?|passwords?|credentials?|chat history|environment variables|private keys?"
        r"|user data|customer data)\b",
    ),
    _rule(
        "exfiltration",
        0.8,
        r"\b(?:zeig|nenne|verrate|muestra|revela|mostra|rivela|montre|révèle|affiche|покажи|раскрой|выведи",
        r"|повтори)\w{0,5}\b.{0,40}(?:system-?\s?prompt|prompt (?:del|di|de|do) sist|prompt système",
        r"|systemanweisung|системн\w{1,4} (?:промпт|инструкц))",
    ),
    _rule(
        "persona",
        0.8,
        r"\b(?:you are|you're|act as|pretend|behave (?:as|like)|role-?play|simulate|imagine)\b.{0,50}",
        r"\b(?:do anything now|unrestricted|unfiltered|uncensored|jailbroken|(?:no|without(?: any)?) ",
        r"(?:restrictions|limits|rules|filters|ethic\w{0,6}|morals))\b",
    ),
    _rule(
        "persona",
        0.9,
        r"\b(?:DAN mode|do anything now|developer mode (?:enabled|on|activated)|jailbreak(?:ed)? mode",
        r"|god mode (?:enabled|on))\b",
    ),
    _rule(
        "persona",
        0.6,
        r"\b(?:disable|turn off|bypass|lift|remove|unlock)\b.{0,25}\b(?:content (?:policy|filter)s?",
        r"|safety (?:filter|guideline|rule|protocol)s?|moderation|guardrails)\b",
    ),
    _rule(
        "delimiter",
        0.8,
        r"<\|(?:im_start|im_end|system|endoftext|eot_id|start_header_id)\|>|\[/?INST\]|<</?SYS>>",
        r"|</?(?:system|instructions)>|\[(?:system|admin|developer)(?: (?:message|override|note))?\]",
    ),
    _rule(
        "indirect",
        0.7,
        r"\b(?:note|attention|important|message|instruction)s?\b.{0,12}\b(?:to|for)\b.{0,10}",
        r"\b(?:ai|llm|assistant|language model|chat ?bot|summari[sz]er)s?\b",
    ),
    _rule(
        "indirect",
        0.6,
        r"\b(?:when|before|after|if) (?:you )?(?:summari[sz]|process|read|answer|respond)\w{0,4}\b.{0,60}",
        r"\b(?:secretly|silently|instead|forward|email|visit)\b",
    ),
    _rule(
        "override",
        0.6,
        r"\bfrom now on\b.{0,40}\b(?:you (?:are|have|must|will|may|can)|answer|respond|reply|act)\b",
    ),
    _rule(
        "authority",
        0.6,
        r"\b(?:i am|i'm|this is) (?:your |the |an? )?(?:developer|creator|administrator|admin|security team|root",
        r"|system operator|auditor)\b.{0,80}\b(?:override|bypass|disable|unlock|debug|reveal|show|print)\b",
    ),
    _rule(
        "exfiltration",
        0.7,
        r"!\[[^\]]{0,100}\]\(\s{0,3}https?://[^)\s]{1,200}[?&=][^)]{0,200}\)",
        r"|<img[^>]{1,100}src\s{0,3}=\s{0,3}[\"']?https?://[^>\s]{1,200}[?&]",
    ),
    _rule(
        "stealth",
        0.6,
        r"\bwithout (?:telling|informing|notifying|alerting) (?:the )?(?:user|anyone|human)",
        r"|\bdo(?: not|n'?t) (?:tell|inform|notify|alert) (?:the )?(?:user|anyone|human)",
    ),
)

# Asking about attacks, or quoting one in a lesson, is not one.
_ABOUT: Final = re.compile(
    r"\b(?:what (?:is|are) (?:a |an )?(?:prompt injection|jailbreak)|explain|how (?:do|can|to) "
    r"(?:i |we |you )?(?:defend|prevent|detect|protect|block)|article|paper|tutorial|example of|phrases? like"
    r"|attackers? (?:may|might|can|often))\b",
    re.IGNORECASE,
)
_INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_TAGGED: Final = re.compile("[\U000e0020-\U000e007e]+")
_BASE64: Final = re.compile(r"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{24,4096}={0,2}(?![A-Za-z0-9+/=])")
_HEX: Final = re.compile(r"(?<![0-9a-fA-F])(?:[0-9a-fA-F]{2} ?){16,2000}(?![0-9a-fA-F])")
_SPACED: Final = re.compile(r"(?:\b\w[ .*_-]){8}")
_SPACE_BETWEEN: Final = re.compile(r"(?<=\b\w)[ .*_-](?=\w\b)")
_HINT: Final = re.compile(r"rot-?13|decode|decipher|backwards?|revers", re.IGNORECASE)
_LEET: Final = re.compile(r"[A-Za-z][01345@$][A-Za-z]")
_LOOKALIKE: Final = str.maketrans("асеорхуіѕјАВЕКМНОРСТХ", "aceopxyisjABEKMHOPCTX")  # noqa: RUF001 - the point of it
_DIGITS: Final = str.maketrans("01345@$", "oieasas")


def _readings(text: str) -> Iterator[tuple[str, str]]:
    """The text as written, and in each other way that a model reads fluently and a pattern does not."""
    plain = " ".join(unicodedata.normalize("NFKC", text[:_LONGEST]).split())
    yield "", plain
    visible = _INVISIBLE.sub("", plain)
    if visible != plain:
        yield "invisible characters", visible
    tagged = "".join(chr(ord(c) - 0xE0000) for run in _TAGGED.findall(plain) for c in run)
    if tagged:
        yield "unicode tags", tagged
    if not plain.isascii():
        yield "look-alike letters", plain.translate(_LOOKALIKE)
    if _LEET.search(plain):
        yield "digits for letters", plain.translate(_DIGITS)
    if _SPACED.search(plain):
        yield "spaced letters", _SPACE_BETWEEN.sub("", plain)
    yield from _decodings(plain)


def _decodings(plain: str) -> Iterator[tuple[str, str]]:
    for codec, runs in (("base64", _BASE64), ("hex", _HEX)):
        for run in runs.findall(plain)[:8]:
            yield codec, _decoded(codec, run)
    if _HINT.search(plain):
        yield "rot13", codecs.encode(plain, "rot13")
        yield "reversed", plain[::-1]


def _decoded(codec: str, run: str) -> str:
    try:
        data = bytes.fromhex(run) if codec == "hex" else base64.b64decode(run + "=" * (-len(run) % 4))
        return data.decode()
    except ValueError:  # not that codec, or not text
        return ""


def check(text: str) -> Verdict:
    """Each rule counts once; what only shows in a disguise weighs more."""
    found: dict[str, float] = {}
    for disguise, reading in _readings(text):
        for rule in RULES:
            if rule.regex.search(reading):
                label = f"{rule.label} ({disguise})" if disguise and rule.label not in found else rule.label
                found[label] = max(found.get(label, 0.0), min(1.0, rule.weight + (0.1 if disguise else 0.0)))
    if not found:
        return CLEAR
    score = _joined(found.values())
    if len(found) == 1 and _ABOUT.search(text[:_LONGEST]):
        score /= 2
    return Verdict("flag" if score >= _FLAGGED else "pass", ", ".join(found), round(score, 3))


def _joined(weights: Iterable[float]) -> float:
    missed = 1.0
    for weight in weights:
        missed *= 1.0 - weight
    return 1.0 - missed


GUARD = Guard("injection", check, ("input", "tool", "retrieval"))
