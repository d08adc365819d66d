"""A Celery application over a broker that is a folder."""

import os
from pathlib import Path

import celery

import telltale

folder = Path(os.environ["BROKER_FOLDER"])
app = celery.Celery("tasks", broker="filesystem://")
app.conf.update(
    broker_transport_options={
        "data_folder_in": str(folder / "queue"),
        "data_folder_out": str(folder / "queue"),
        "control_folder": str(folder / "control"),
    },
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
)
telltale.init()


@app.task
def work(number: int) -> None:
    with telltale.span(f"task {number}"):
        pass
