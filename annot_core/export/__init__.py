"""Annotations in, files out that other programs read: one module a format."""

from annot_core.export.contract import (
    CLASSES,
    DEFAULT_FORMATS,
    EXPORTERS,
    IMAGES,
    Counts,
    Destination,
    Exporter,
    ExportReport,
    create_exporter,
    exporter_names,
)
from annot_core.export.run import ExportSummary, class_order, export_all
from annot_core.export.split import TRAIN_VAL, assign

__all__ = [
    "CLASSES",
    "DEFAULT_FORMATS",
    "EXPORTERS",
    "IMAGES",
    "TRAIN_VAL",
    "Counts",
    "Destination",
    "ExportReport",
    "ExportSummary",
    "Exporter",
    "assign",
    "class_order",
    "create_exporter",
    "export_all",
    "exporter_names",
]
