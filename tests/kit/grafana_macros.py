"""What Grafana does to a query on its way to ClickHouse: variables in the browser, macros in the data source.

Written after the data source's documentation and behaviour (versions 4.5 to 4.20); only what the boards use. Anything
else that looks like a macro or a variable is an error, as it would be there.
"""

import re

Values = dict[str, str | list[str] | None]
"""By variable: its value, its values, or None where all are chosen."""

_ALL = "$__conditionalAll("
_LEFT = re.compile(r"\$__\w+|\$\{|\$[A-Za-z_]\w*")


def expand(sql: str, values: Values, from_ms: int, to_ms: int, interval_s: int) -> str:
    """The SQL that reaches ClickHouse."""
    text = _conditions(sql, values)
    text = re.sub(r"\$\{(\w+):singlequote\}", lambda found: _quoted(values[found[1]]), text)
    text = text.replace("$__fromTime_ms", f"fromUnixTimestamp64Milli({from_ms})")
    text = text.replace("$__toTime_ms", f"fromUnixTimestamp64Milli({to_ms})")
    text = text.replace("$__interval_s", str(interval_s))
    left = _LEFT.search(text)
    assert left is None, f"Grafana would leave {left[0]} as it is: {text}"
    return text


def _conditions(text: str, values: Values) -> str:
    """The last first, as the browser does; brackets and commas count wherever they stand."""
    while (start := text.rfind(_ALL)) != -1:
        condition, variable, end = _arguments(text, start + len(_ALL))
        name = variable.strip().removeprefix("$")
        kept = "1=1" if values[name] is None else condition
        text = text[:start] + kept + text[end:]
    return text


def _arguments(text: str, start: int) -> tuple[str, str, int]:
    depth, commas = 1, []
    for at in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if text[at] == "," and depth == 1:
            commas.append(at)
        if depth == 0:
            assert len(commas) == 1, f"$__conditionalAll takes two arguments: {text[start:at]}"
            return text[start : commas[0]], text[commas[0] + 1 : at], at + 1
    raise AssertionError(f"a bracket is never closed: {text[start:]}")


def _quoted(value: str | list[str] | None) -> str:
    assert value is not None, "a variable with all values stands outside $__conditionalAll"
    values = value if isinstance(value, list) else [value]
    return ",".join("'" + one.replace("'", "\\'") + "'" for one in values)
