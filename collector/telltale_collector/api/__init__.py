"""The JSON API: one module a resource, each with its ``router``."""

from fastapi import APIRouter

from telltale_collector.api import (
    acknowledgements,
    alert_receivers,
    alert_tests,
    alerts,
    budgets,
    checkup,
    dead_letters,
    health,
    ledger,
    metrics,
    prices,
    reprice,
    scores,
    sessions,
    silences,
    spans,
    stats,
    traces,
    usage,
    users,
)
from telltale_collector.api.described import ERRORS

__all__ = ["ERRORS", "routers"]

routers: tuple[APIRouter, ...] = (
    health.router,
    traces.router,
    spans.router,
    usage.router,
    sessions.router,
    users.router,
    stats.router,
    checkup.router,
    metrics.router,
    scores.router,
    reprice.router,
    ledger.router,
    dead_letters.router,
    budgets.router,
    prices.router,
    alerts.router,
    alert_tests.router,
    alert_receivers.router,
    silences.router,
    acknowledgements.router,
)
