"""The boards of ``telltale_dashboards`` drawn on the collector's own store: the same definitions, the same SQL.

All state of a board is in its address (``asked.py``). A panel is asked and drawn by its kind, one file each under
``kinds/``, found by discovery; ``drawn.py`` puts a frame around that, in which a panel can also fail.
"""
