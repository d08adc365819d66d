"""A panel's SQL as Grafana's ClickHouse data source wants it: macros and variables instead of typed parameters.

Only macros that every version of the data source since 4.5 knows are written, so that old Grafanas read the boards too.
"""

from __future__ import annotations

import re
from inspect import cleandoc
from string import ascii_letters, digits

_CONDITION = re.compile(r"\(empty\(\{(\w+):Array\(String\)\}\) OR ")
_PARAMETER = re.compile(r"(?<!\$)\{\w+:[A-Z][A-Za-z0-9()]*\}")
_VARIABLE = re.compile(r"\$(?!__(?:from|to)Time_ms)\w+|\$\{[^}]*\}")
_PLAIN = frozenset(ascii_letters + digits + "_.-")
_LINES = {" FROM ": "\nFROM ", " WHERE ": "\nWHERE ", " AND ": "\n    AND "}
_REPLACED = (
    (re.compile(r"fromUnixTimestamp64Nano\(\{(from|to)_time:Int64\}\)"), r"$__\1Time_ms"),
    (re.compile(r"\{(from|to)_time:Int64\}"), r"toUnixTimestamp64Nano($__\1Time_ms)"),
    (re.compile(r"\{interval_s:UInt32\}"), "$__interval_s"),
    (re.compile(r"IN \{(\w+):Array\(String\)\}"), r"IN (${\1:singlequote})"),
    (re.compile(r"\{(\w+):String\}"), r"${\1:singlequote}"),
)


def grafana_sql(sql: str) -> str:
    """Replace every typed parameter.

    A condition on a variable with many values becomes ``$__conditionalAll``, which is true where all are chosen: the
    list of all values would leave out rows that have none.

    Raises:
        ValueError: a parameter is used in a way that Grafana has no words for.
    """
    text = _in_lines(cleandoc(sql))
    while found := _CONDITION.search(text):
        end = _closing(text, found.start())
        condition = text[found.end() : end]
        text = f"{text[: found.start()]}$__conditionalAll({condition}, ${found[1]}){text[end + 1 :]}"
    for pattern, replacement in _REPLACED:
        text = pattern.sub(replacement, text)
    if left := _PARAMETER.search(text):
        raise ValueError(f"Grafana has no words for {left[0]} where it stands: compare with IN, see fragments.py")
    return text


def alert_sql(sql: str, project: str) -> str:
    """A rule's SQL for one project: Grafana knows no variables where it evaluates rules.

    Raises:
        ValueError: a parameter is used in a way that Grafana has no words for.
    """
    text = grafana_sql(sql.replace("{project:String}", _literal(project)))
    if left := _VARIABLE.search(text):
        raise ValueError(f"a rule in Grafana has no variables, but its SQL asks for {left[0]}")
    return text


def _literal(text: str) -> str:
    """A string of ClickHouse in which nothing looks like a macro, a parameter or a line's end."""
    plain = "".join(chr(b) if chr(b) in _PLAIN else f"\\x{b:02X}" for b in text.encode())
    return f"'{plain}'"


def _in_lines(text: str) -> str:
    """Conditions below one another: people read and change this in Grafana's editor."""
    for word, line in _LINES.items():
        text = text.replace(word, line)
    return text


def _closing(text: str, opening: int) -> int:
    """Where the bracket that opens there is closed. Grafana counts brackets the same way, also inside strings."""
    depth = 0
    for at in range(opening, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return at
    raise ValueError(f"a bracket is never closed: {text[opening : opening + 60]}")
