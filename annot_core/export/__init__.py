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
from annot_core.export.run import ExportSummary, check_export, class_order, export_all
from annot_core.export.split import SETS, TRAIN_VAL, assign, parse_shares

__all__ = [
    "CLASSES",
    "DEFAULT_FORMATS",
    "EXPORTERS",
    "IMAGES",
    "SETS",
    "TRAIN_VAL",
    "Counts",
    "Destination",
    "ExportReport",
    "ExportSummary",
    "Exporter",
    "assign",
    "check_export",
    "class_order",
    "create_exporter",
    "export_all",
    "exporter_names",
    "parse_shares",
]
