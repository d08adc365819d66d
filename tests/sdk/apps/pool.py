"""Runs tasks in processes of every kind that Python starts."""

import concurrent.futures
import multiprocessing
import os
import sys

import telltale


def work(name: str) -> int:
    telltale.init()  # does nothing where the parent's was inherited
    with telltale.span(name):
        pass
    return os.getpid()


if __name__ == "__main__":
    telltale.init()
    context = multiprocessing.get_context(sys.argv[1])
    with telltale.span("queued when the children begin"):
        pass
    with context.Pool(2, maxtasksperchild=1) as pool:
        pool.map(work, [f"recycled {number}" for number in range(6)], chunksize=1)
        pool.close()
        pool.join()
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as executor:
        list(executor.map(work, [f"executor {number}" for number in range(6)]))
    with context.Pool(1) as pool:  # ended by SIGTERM
        pool.map(work, ["terminated"])
