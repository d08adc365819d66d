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
    "A3": Group(
        "the write-ahead log on a simulated disk that crashes at random operations, by itself or with the power",
        ("tests/reliability/test_wal_crashes.py",),
        {"TELLTALE_CRASH_POINTS": "1000000"},
    ),
    "A4": Group(
        "the power goes under load: a disk of its own (FUSE) forgets or tears what the collector, or also the engine in"
        " it, had not synced",
        ("tests/reliability/test_power_loss.py",),
        {"TELLTALE_POWER_CUTS": "200"},
    ),
    "A5": Group(
        "a log with flipped bits, cut off, zeroed, its blocks swapped or doubled, files foreign or gone",
        ("tests/reliability/test_wal_damage.py", "-k", "costs_the_records"),
        {"TELLTALE_MUTATIONS": "10000"},
    ),
    "A6": Group(
        "a torn tail, cut at every byte of its last 64 KiB",
        ("tests/reliability/test_wal_damage.py", "-k", "torn_tail"),
        {"TELLTALE_TORN_CUTS": "65537"},
    ),
    "A7": Group(
        "the log's disk, a tmpfs of 64 MiB, is filled to the last block by another process while 8 clients send",
        ("tests/reliability/test_wal_full_disk.py",),
        {"TELLTALE_DISK_FULL_ROUNDS": "50"},
    ),
    "A8": Group(
        "the log's disk refuses writes, syncs, new files and removals at random, or takes a part of what is written",
        ("tests/reliability/test_wal_faults.py", "-k", "not slow_disk"),
        {"TELLTALE_DISK_FAULTS": "100000"},
    ),
    "A9": Group(
        "each sync of the log takes half a second while 8 clients append as fast as they are let",
        ("tests/reliability/test_wal_faults.py", "-k", "slow_disk"),
        {"TELLTALE_SLOW_SYNC_S": "0.5"},
    ),
    "A10": Group(
        "logs of earlier formats are opened, logs of later ones kept",
        ("tests/reliability/test_wal_formats.py",),
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
    "B4": Group(
        "the engine refuses 1 of 10,000 spans: the others are stored, it waits with its reason to be carried again",
        ("tests/reliability/test_poison.py", "tests/collector/pipeline/test_carry.py"),
    ),
    "B5": Group(
        "requests are sent 1 to 10 times, in any order, across a kill and a stop: every sum is that of sending once",
        ("tests/reliability/test_resent.py",),
        {"TELLTALE_RESENT_REQUESTS": "1000"},
    ),
    "B6": Group(
        "span times from 1970 to 2262, negative durations, and a collector whose clock jumps by up to ten years",
        ("tests/reliability/test_clocks.py",),
        {"TELLTALE_CLOCK_JUMPS": "300"},
    ),
    "C1": Group(
        "more is sent than can be stored, up to eight times: senders are told to come again, goodput and memory stay,"
        " nothing acknowledged is lost",
        (
            "tests/reliability/test_capacity.py",
            "tests/reliability/test_overload.py",
            "-k",
            "costs_waiting or flood or cannot_fit or capacity",
        ),
        {"TELLTALE_OVERLOAD_S": "600", "TELLTALE_FLOOD_REQUESTS": "4000"},
    ),
    "C2": Group(
        "a greedy neighbour holds all the memory it may: a modest sender is never refused",
        ("tests/reliability/test_overload.py", "tests/collector/receive/test_admission.py", "-k", "greedy or share"),
    ),
    "C3": Group(
        "bombs: gzip, gzip in many members or in gzip, deflate, zstd, 10 GiB of zeros, a hundred at once",
        (
            "tests/reliability/test_overload.py",
            "tests/collector/receive/test_inflate.py",
            "-k",
            "not flood and not waiting",
        ),
    ),
    "C4": Group(
        "bodies at the limit and one byte beside it, lengths that are none, heads that can be read two ways",
        ("tests/reliability/test_hostile_clients.py", "-k", "limit or length or head or chunk or at_once or endless"),
    ),
    "C5": Group(
        "clients that dawdle with headers, bodies or their answers are cut, good ones beside them are served",
        ("tests/reliability/test_hostile_clients.py", "-k", "not_come or deadline or says_nothing or nobody or slow"),
        {"TELLTALE_SLOW_CONNECTIONS": "2000"},
    ),
    "C6": Group(
        "idle connections stay open and cost little, good traffic beside them is served",
        ("tests/reliability/test_hostile_clients.py", "-k", "idle"),
        {"TELLTALE_IDLE_CONNECTIONS": "10000"},
    ),
    "C7": Group(
        "values nested 100 to 1,000,000 deep, in both encodings: only what is too deep is replaced",
        ("tests/collector/decode/test_salvage.py", "tests/protocol/test_texts.py", "-k", "nest"),
    ),
    "C8": Group(
        "spans of a million attributes, 32 MiB of text or 10,000 events: kept within bounds, what was cut is told",
        ("tests/collector/decode/test_bounds.py",),
    ),
    "C9": Group(
        "233 texts that stores stumble over, in both encodings and from the SDK, read back through the query API",
        ("tests/protocol/test_texts.py", "tests/collector/decode/test_salvage.py", "-k", "text"),
    ),
    "C10": Group(
        "one span that cannot be read, 201 kinds of it: the others are stored, it is counted with its reason",
        ("tests/protocol/test_texts.py", "tests/collector/decode/test_salvage.py", "-k", "bad_span or set_aside"),
    ),
    "D1": Group(
        "every duty of an OTLP server, in protobuf, JSON and gRPC, compressed or not, for traces, logs and metrics",
        ("tests/protocol/test_conformance.py",),
    ),
    "D2": Group(
        "1,000 spans each from the exporters of Python and JavaScript, and from five other libraries, arrive as sent",
        ("tests/protocol/test_exporters.py", "tests/e2e/test_stock_exporters.py"),
    ),
    "D3": Group(
        "generated requests: both encodings are read to the same",
        ("tests/collector/decode/test_differential.py",),
        {"TELLTALE_EXAMPLES": "100000"},
    ),
    "D4": Group(
        "made-up inputs for whatever reads what strangers send: no crash, no other error, none that takes a second",
        ("tests/fuzz",),
        {"TELLTALE_FUZZ_RUNS": "10000000", "TELLTALE_FUZZ_STATE": ".telltale/fuzz"},  # goes on where it was
    ),
    "D5": Group(
        "requests made up after the OpenAPI document and against it, and such as follow from answers",
        ("tests/protocol/test_openapi.py",),
        {"TELLTALE_API_REQUESTS": "50000"},
    ),
    "E1": Group(
        "an application starts and ends spans, its collector up, down, hanging, or its name found slowly",
        ("tests/sdk/delivery/test_hot_path.py",),
        {"TELLTALE_HOT_SPANS": "250000", "TELLTALE_HOT_TURNS": "200"},  # spans with each state of the collector
    ),
    "E2": Group(
        "the collector refuses, hangs, loses or halves its answers while an application of ours goes on",
        ("tests/sdk/delivery/test_outage.py", "tests/sdk/delivery/test_spool.py"),
        {"TELLTALE_SDK_OUTAGE_S": "60"},
    ),
    "E3": Group(
        "kill -9 of the application, with a collector at hand or in an outage; the next process sends what it left",
        ("tests/sdk/delivery/test_kill.py",),
        {"TELLTALE_APP_KILLS": "200"},
    ),
    "E4": Group(
        "the application ends, by itself, by a signal, an exception or os._exit; the collector is up, down or hangs",
        ("tests/sdk/delivery/test_exit.py",),
    ),
    "E5": Group(
        "forks under load, pools of every start method, gunicorn, uvicorn, Celery, gevent",
        ("tests/sdk/delivery/test_forks.py", "tests/sdk/delivery/test_servers.py"),
        {"TELLTALE_FORKS": "1000"},
    ),
    "E6": Group(
        "SIGTERM at any step of the SDK's own work; SIGSTOP in the middle of sending, SIGCONT without a connection",
        ("tests/sdk/delivery/test_interrupted.py", "tests/sdk/delivery/test_freeze.py"),
        {"TELLTALE_MOMENTS": "400", "TELLTALE_FREEZES": "200"},
    ),
    "E7": Group(
        "random programs of tasks, groups, threads, pools, methods, generators that end, fail, are cancelled or left:"
        " the right parent and ending of every span, nothing in the log",
        ("tests/sdk/test_trees.py",),
        {"TELLTALE_TREES": "10000"},
    ),
    "E8": Group(
        "objects that raise, lie about themselves, load, never end or are consumed by looking, given to every function",
        ("tests/sdk/test_hostile_values.py",),
    ),
    "E9": Group(
        "servers that answer without end, slowly, compressed, by halves, with garbage or with a redirect",
        ("tests/sdk/delivery/test_hostile_servers.py",),
    ),
    "E10": Group(
        "beside Sentry, Langfuse, Logfire and providers of the application's own, started before ours or after",
        ("tests/reliability/test_beside_others.py",),
        {"TELLTALE_BESIDE_ROUNDS": "200"},
    ),
    "E11": Group(
        "a spool that is small, full, deleted, linked, closed, or shared by processes that are killed",
        (
            "tests/sdk/delivery/test_shared.py",
            "tests/sdk/delivery/test_spool.py",
            "tests/sdk/delivery/test_backlog.py",
        ),
        {"TELLTALE_SPOOL_PROCESSES": "16"},
    ),
    "F13": Group(
        "the ledger: received = stored + rejected + dropped + pending, at every moment, across kill -9 and damage",
        ("tests/reliability/test_ledger.py",),
        {"TELLTALE_LEDGER_KILLS": "100"},
    ),
}
"""By name, in the order of the report. A new group is one entry here; its tests call ``record_figure``."""
