"""Whether a rule's SQL can be a rule's, without any data: the engine says what its columns are."""

from __future__ import annotations

from telltale_collector.alerts.evaluate import refuse_taken
from telltale_collector.errors import BadRequest
from telltale_collector.model import DEFAULT_PROJECT, TimeNs
from telltale_collector.store.panels import run_panel
from telltale_collector.store.reader import Reader
from telltale_dashboards.rule import Rule

_SECOND_NS = 1_000_000_000
_HINT = "give text columns, which are labels, and exactly one number: toString() what is a label, leave out times"


def check_shape(reader: Reader, rule: Rule, now_ns: TimeNs) -> None:
    """Run the SQL of a rule, and of its cause, and look at the columns.

    Raises:
        StoreError: the engine refuses the SQL.
        BadRequest: the columns are not those of a rule.
    """
    given = {"project": DEFAULT_PROJECT, "from_time": now_ns - rule.window_s * _SECOND_NS, "to_time": now_ns}
    described = run_panel(reader, f"DESCRIBE TABLE ({rule.sql})", given).rows
    types = {row["name"]: row["type"] for row in described}
    numbers = [name for name, type_ in types.items() if _is_number(type_)]
    others = [f"{name} {type_}" for name, type_ in types.items() if not _is_number(type_) and not _is_text(type_)]
    refuse_taken(types)
    if len(numbers) != 1:
        raise BadRequest(f"its numbers are {', '.join(numbers) or 'none'}", _HINT)
    if others:
        raise BadRequest(f"it has columns that are no text: {', '.join(others)}", _HINT)
    if rule.cause is not None:
        named = [*rule.cause.labels.values(), *rule.cause.dimensions.values()]
        parts = "".join(f"toString({text}), " for text in named)
        run_panel(reader, f"SELECT {parts}sum({rule.cause.weight}) FROM {rule.cause.rows} GROUP BY ALL", given)  # noqa: S608 -- run on an empty store


def _is_number(type_: str) -> bool:
    return _bare(type_).startswith(("Int", "UInt", "Float", "Decimal"))


def _is_text(type_: str) -> bool:
    return _bare(type_).startswith(("String", "FixedString", "Enum", "UUID"))


def _bare(type_: str) -> str:
    for wrapper in ("LowCardinality(", "Nullable("):
        type_ = type_.removeprefix(wrapper)
    return type_
