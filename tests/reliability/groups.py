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
    "A2": Group(
        "kill -9 of the engine, or of engine and collector in either order, at random moments under load",
        ("tests/reliability/test_engine_kill.py",),
        {"TELLTALE_ENGINE_KILLS": "100"},
    ),
    "A11": Group(
        "SIGTERM while the store refuses, hangs or crawls: everything acknowledged is stored after the next start",
        ("tests/reliability/test_stop_in_outage.py",),
        {"TELLTALE_STOP_TRIALS": "100"},
    ),
    "B1": Group(
        "the engine is down while 1,000 spans of 2 KiB arrive each second: senders see nothing of it",
        ("tests/reliability/test_backend_faults.py", "-k", "engine_that_is_away"),
        {"TELLTALE_OUTAGE_S": "600"},
    ),
    "B2": Group(
        "the store hangs, is slow, resets, answers by halves, or refuses every insert for a while",
        (
            "tests/reliability/test_backend_faults.py",
            "tests/reliability/test_network.py",
            "-k",
            "not engine_that_is_away",
        ),
    ),
    "B3": Group(
        "inserts are committed and the connection is cut before the answer arrives",
        ("tests/reliability/test_ambiguous.py",),
        {"TELLTALE_AMBIGUOUS": "500"},
    ),
}
"""By name, in the order of the report. A new group is one entry here; its tests call ``record_figure``."""
