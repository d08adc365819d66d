"""Named queries: every SELECT is a file in ``queries/`` that runs by hand as it stands.

A file may hold marker lines (``-- conditions on spans --``) inside its WHERE or HAVING: conditions built from an
allow-list of columns take their place (see ``filters.py``). All values are typed parameters, ``{name:Type}``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

ON_SPANS = "-- conditions on spans --"
ON_TRACES = "-- conditions on traces --"
ON_GAPS = "-- conditions on gaps --"


@cache
def query_text(name: str) -> str:
    """The text of ``queries/<name>.sql``.

    Raises:
        FileNotFoundError: there is no such query.
    """
    return (files(__package__) / "queries" / f"{name}.sql").read_text(encoding="utf-8")


def with_conditions(text: str, marker: str, conditions: Sequence[str]) -> str:
    """Put ``AND <condition>`` lines in place of the marker."""
    return text.replace(marker, "\n    ".join(f"AND {condition}" for condition in conditions))


def with_part(text: str, part: str, replacement: str) -> str:
    """Replace what stands between two marks ``/* part */``."""
    mark = f"/* {part} */"
    pieces = text.split(mark)
    for at in range(1, len(pieces), 2):
        pieces[at] = f" {replacement} "
    return mark.join(pieces)
