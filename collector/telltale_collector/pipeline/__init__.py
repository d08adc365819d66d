"""The two halves of the data's way: ``accept`` answers the sender, ``settle`` fills the store behind it."""

from telltale_collector.pipeline.accept import Accepted, Intake, OtlpSignal
from telltale_collector.pipeline.ledger import Ledger
from telltale_collector.pipeline.loop import SettleLoop
from telltale_collector.pipeline.read_ahead import ReadAhead
from telltale_collector.pipeline.settle import Settler

__all__ = ["Accepted", "Intake", "Ledger", "OtlpSignal", "ReadAhead", "SettleLoop", "Settler"]
