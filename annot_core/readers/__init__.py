"""Data sets that other programs wrote, as records: one module a format."""

from annot_core.readers.contract import (
    READERS,
    ReadDataset,
    Reader,
    ReadImage,
    ReadObject,
    create_reader,
    reader_names,
)
from annot_core.readers.coordinates import Convention
from annot_core.readers.findings import RULES, Finding, Kind, Severity
from annot_core.readers.recognizing import formats_of, read_dataset

__all__ = [
    "READERS",
    "RULES",
    "Convention",
    "Finding",
    "Kind",
    "ReadDataset",
    "ReadImage",
    "ReadObject",
    "Reader",
    "Severity",
    "create_reader",
    "formats_of",
    "read_dataset",
    "reader_names",
]
