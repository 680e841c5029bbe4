"""Every error that this project raises on purpose.

AnnotError                  exit code 1: nothing could be done
    UsageError              exit code 2: what was asked for cannot be asked
        DatasetError        the folder of labelled images is not one
        ModelError          the classifier cannot be used
        SessionError        the session on disk cannot be used
    ImageError              one image cannot be read; becomes a Failure, never ends a run
    TrainingError           no classifier came out of training
    EngineError             the process that works on images keeps ending
    ExportError             the files could not be written, or do not read back as written

Messages say what was expected, what was found, and what to do next.
"""

from __future__ import annotations

from typing import ClassVar


class AnnotError(Exception):
    """The root of our errors."""

    exit_code: ClassVar[int] = 1


class UsageError(AnnotError):
    """What was asked for cannot be asked."""

    exit_code = 2


class DatasetError(UsageError):
    """The folder of labelled images is missing, or is not one."""


class ModelError(UsageError):
    """The classifier cannot be loaded, does not fit the data set, or has no heat maps."""


class SessionError(UsageError):
    """The session on disk belongs to something else, is newer than this program, or is in use."""


class ImageError(AnnotError):
    """One image cannot be read."""


class TrainingError(AnnotError):
    """No classifier came out of training."""


class EngineError(AnnotError):
    """The process that works on images ends, and no image is to blame."""


class ExportError(AnnotError):
    """The annotations could not be written, or do not read back as written."""
