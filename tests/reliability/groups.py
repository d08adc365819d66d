"""The groups of reliability tests: what each does, the tests that do it, and what makes them run at full length."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Group:
    """One row of RELIABILITY.md.

    Attributes:
        what: what is done to the system, and what has to hold.
        tests: arguments for pytest.
        full: environment variables of the full run; without them the same tests take a seeded sample.
    """

    what: str
    tests: tuple[str, ...]
    full: dict[str, str] = field(default_factory=dict)


GROUPS: dict[str, Group] = {
    "A1": Group(
        "kill -9 of the collector at random moments while 8 clients send and resend what got no answer",
        ("tests/reliability/test_kill.py",),
        {"TELLTALE_KILL_TRIALS": "200"},
    ),
}
"""By name, in the order of the report. A new group is one entry here; its tests call ``record_figure``."""
