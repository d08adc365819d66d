"""Telltale while probe.py marks spans: these do not belong to the load and are left out of the count."""

from adapters.telltale import Adapter as Plain
from probe import SERVICE


class Adapter(Plain):
    def count_spans(self):
        spans = super().count_spans()  # first: a probe stored in between makes the count too small, never too large
        marked, _ = self._get("/api/v1/spans", service=SERVICE, fields="span_id", limit=10_000)
        return spans - len(marked["spans"])
