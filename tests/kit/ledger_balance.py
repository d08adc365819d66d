"""The ledger of a running collector has to balance, at any moment and after anything that was done to it."""

from collector_process import CollectorProcess

COUNTS = ("received", "stored", "rejected", "dropped", "pending", "dropped_by_clients")


def ledger_balances(collector: CollectorProcess) -> dict[str, int]:
    """Assert received = stored + rejected + dropped + pending, in total and in every hour; the total's counts."""
    ledger = collector.get("/api/v1/ledger")
    for account in (ledger["total"], *ledger["hours"]):
        ended = account["stored"] + account["rejected"] + account["dropped"] + account["pending"]
        assert account["received"] == ended, account
        assert all(account[name] >= 0 for name in COUNTS), account
    for name in COUNTS:
        assert ledger["total"][name] == sum(hour[name] for hour in ledger["hours"]), name
    return ledger["total"]
