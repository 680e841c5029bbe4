"""Draws a labelled data set of nuts, bolts and empty tables, with the true box of every object.

The pictures are rendered, so the truth is exact: it needs no download and no person.
"""

from annot_core.demo.folder import DemoSet, draw_demo

__all__ = ["DemoSet", "draw_demo"]
