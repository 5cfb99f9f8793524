"""Widgets: what a notebook shows live, beside the static text and HTML of every result.

A widget is a :class:`~nbmigrate.widgets.panel.Panel`: plain JavaScript from ``assets``, no
build step, no address outside the machine. What it shows goes through messages, never
through synced state, so that nothing large or secret is stored with a notebook. How one is
made is in ARCHITECTURE.md, "Widgets".

Only :mod:`nbmigrate.extension` imports this package, and only when a notebook shows a result.
"""

from nbmigrate.widgets.presenter import Presenter

__all__ = ["Presenter"]
