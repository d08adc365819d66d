"""The kinds of panels: every module here ends in ``KIND = Kind(...)`` and is found by being here."""
