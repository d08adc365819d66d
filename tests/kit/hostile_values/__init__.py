"""Hundreds of objects that an application may hand to the SDK, and that no SDK should touch carelessly.

``cases()`` gives a name, the value, and a check that says what was done to it that must not be done, if anything.
"""

from hostile_values.case import Case
from hostile_values.delicate import consumable, lazy
from hostile_values.libraries import of_libraries
from hostile_values.oddities import odd
from hostile_values.refusing import lying, raising
from hostile_values.sizes import large_and_circular, numbers_and_times, texts


def cases() -> list[Case]:
    """Every case, with a name of its own."""
    found = [
        *raising(),
        *lying(),
        *consumable(),
        *lazy(),
        *large_and_circular(),
        *numbers_and_times(),
        *texts(),
        *of_libraries(),
        *odd(),
    ]
    assert len({case.name for case in found}) == len(found)
    return found
