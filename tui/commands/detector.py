"""A small detector: curve and detect."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from annot_core.detector.request import DEFAULT_BATCH_SIZE, DEFAULT_IMAGE_SIZE_PX, DEFAULT_MIN_SCORE
from tui import options
from tui.commands import FAILED

DEFAULT_SIZES = "100,500,1000,2500"


@click.command(short_help="Tell whether more images would help.")
@click.argument("output", type=options.FILE)
@click.option(
    "--sizes",
    callback=options.read_sizes,
    metavar="N,N,...",
    default=DEFAULT_SIZES,
    show_default=True,
    help="Numbers of images to train on; all there are take the place of larger ones.",
)
@click.option("--epochs", type=click.IntRange(1), help="Passes over the images. Default: by their number.")
@click.option(
    "--image-size",
    type=click.IntRange(32, 2048),
    default=DEFAULT_IMAGE_SIZE_PX,
    show_default=True,
    help="Side of the detector's pictures in pixels, a multiple of 32.",
)
@click.option(
    "--batch-size",
    type=click.IntRange(1, 4096),
    default=DEFAULT_BATCH_SIZE,
    show_default=True,
    help="Pictures in a training step.",
)
@options.seed_option
def curve(output: Path, sizes: tuple[int, ...], **settings: Any) -> None:
    """Train a small detector on growing parts of what is kept in OUTPUT, and see how well each does.

    All are tested on the same images, which none was trained on. Results go to OUTPUT/curve; the same command goes on
    where it was stopped.
    """
    from annot_core.curve.run import learning_curve
    from annot_core.detector.request import DetectorSettings
    from tui.plain.curve import print_curve
    from tui.plain.running import console, reporting

    with reporting() as hear:
        found = learning_curve(output, sizes, settings=DetectorSettings(**settings), log_output=True, listener=hear)
    print_curve(console(), found)


@click.command(short_help="Find objects with a detector, and print the pictures.")
@click.argument("model", type=options.FILE)
@click.argument("images", metavar="IMAGE...", nargs=-1, required=True, type=options.FILE)
@click.option(
    "--min-score",
    type=click.FloatRange(0, 1),
    default=DEFAULT_MIN_SCORE,
    show_default=True,
    help="Show only boxes with at least this score.",
)
@click.option("--width", type=click.IntRange(8), help="Columns to use. Default: the terminal's.")
@options.colors_option
def detect(model: Path, images: tuple[Path, ...], min_score: float, width: int | None, colors: str | None) -> None:
    """Find objects in image files with MODEL, a detector that `curve` trained.

    What is no terminal gets a line for each box.
    """
    from annot_core.detector.detecting import detect_files
    from tui.frame.depth import ColorDepth
    from tui.plain.detecting import print_found
    from tui.plain.running import asked_console
    from tui.settings import AUTO

    shown = asked_console(None if colors in (None, AUTO) else ColorDepth(colors))
    failed = print_found(shown, detect_files(model, images, min_score=min_score, log_output=True), width=width)
    sys.exit(FAILED if failed else 0)
