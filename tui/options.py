"""Command line options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from annot_core.augment.settings import (
    BACKGROUND_SHARE,
    LONGEST_SIDE_PX,
    MIN_SCORE,
    MIN_VISIBLE,
    BoxSource,
    Effect,
)
from annot_core.cam import method_names
from annot_core.classifier.backbones import backbone_names
from annot_core.errors import UsageError
from annot_core.export import DEFAULT_FORMATS, exporter_names, parse_shares
from annot_core.readers.contract import reader_names
from annot_core.recipes import DEFAULT_RECIPE, recipe_names
from annot_core.search import search_names
from annot_core.thresholds import Threshold, parse_threshold
from tui.settings import COLORS, GRAPHICS, QUALITIES

Command = TypeVar("Command", bound=Callable[..., Any])

DEFAULT_SPLIT = "0.8/0.2"
FILE = click.Path(path_type=Path)


def read_threshold(ctx: click.Context, param: click.Parameter, value: str | None) -> Threshold | None:
    """Read a threshold that was typed."""
    if value is None:
        return None
    try:
        return parse_threshold(value)
    except UsageError as error:
        raise click.BadParameter(str(error), ctx, param) from error


def read_size(ctx: click.Context, param: click.Parameter, value: str) -> tuple[int, int]:
    """Read a picture's size that was typed, as in 320x240."""
    width, _, height = value.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise click.BadParameter(f"expected a width and a height in pixels, as in 320x240, found {value!r}", ctx, param)
    return int(width), int(height)


def read_formats(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Read names of formats that were typed one by one, or with commas between."""
    return _read_names(ctx, param, values, "formats", exporter_names()) or DEFAULT_FORMATS


def read_effects(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> frozenset[Effect]:
    """Read names of effects in the same way."""
    return frozenset(map(Effect, _read_names(ctx, param, values, "effects", tuple(Effect))))


def _read_names(
    ctx: click.Context, param: click.Parameter, values: tuple[str, ...], kind: str, known: tuple[str, ...]
) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for value in values for name in value.split(",")))
    if unknown := [name for name in names if name not in known]:
        raise click.BadParameter(f"expected {kind} out of {', '.join(known)}, found {unknown[0]!r}", ctx, param)
    return names


def read_shares(ctx: click.Context, param: click.Parameter, value: str) -> dict[str, float]:
    """Read the shares of train, val and test that were typed."""
    try:
        return parse_shares(value)
    except UsageError as error:
        raise click.BadParameter(str(error), ctx, param) from error


def read_sizes(ctx: click.Context, param: click.Parameter, value: str) -> tuple[int, ...]:
    """Read numbers of images that were typed with commas between."""
    words = [word.strip() for word in value.split(",")]
    if not all(word.isdecimal() and int(word) for word in words):
        raise click.BadParameter(f"expected numbers of images, as in 100,500,1000, found {value!r}", ctx, param)
    return tuple(map(int, words))


def output_option(command: Command) -> Command:
    """Add --output."""
    return click.option(
        "-o", "--output", type=FILE, help="Where to write. Default: DATASET-annotated, beside the data set."
    )(command)


def training_options(command: Command) -> Command:
    """Add how a classifier is trained."""
    return _added(
        command,
        click.option(
            "--backbone",
            type=click.Choice(["auto", *backbone_names()]),
            default="auto",
            show_default=True,
            help="Network to train. auto: small for small images, else mobilenetv3 with ImageNet weights.",
        ),
        click.option("--epochs", type=click.IntRange(1), help="Passes over the images. Default: by their number."),
        click.option(
            "--image-size",
            type=click.IntRange(32, 2048),
            help="Side of the pictures that a network is trained on, in pixels. A --model of any size gets these too.",
        ),
        click.option("--batch-size", type=click.IntRange(1, 4096), help="Pictures in a training step."),
        seed_option,
    )


def augment_options(command: Command) -> Command:
    """Add how many augmented images are made, and how."""
    return _added(
        command,
        click.option("--count", type=click.IntRange(0), required=True, help="Augmented images there are to be in all."),
        click.option(
            "--boxes",
            type=click.Choice([one.value for one in BoxSource]),
            default=BoxSource.TRANSFORM.value,
            show_default=True,
            help="transform: the geometry carries the kept box along. annotate: the classifier finds it anew.",
        ),
        click.option(
            "--min-score",
            type=click.FloatRange(0, 1),
            default=MIN_SCORE,
            show_default=True,
            help="Leave out images whose box, with --boxes annotate, has a lower score.",
        ),
        click.option(
            "--min-visible",
            type=click.FloatRange(0, 1),
            default=MIN_VISIBLE,
            show_default=True,
            help="The least share of a box's area that is left in the picture; else another one is drawn.",
        ),
        click.option(
            "--longest-side",
            "longest_side_px",
            type=click.IntRange(8, 8192),
            default=LONGEST_SIDE_PX,
            show_default=True,
            help="Larger images are shrunk to so many pixels.",
        ),
        click.option(
            "--background-share",
            type=click.FloatRange(0, 1),
            default=BACKGROUND_SHARE,
            show_default=True,
            help="The share of images to make from those without an object, where there are any.",
        ),
        click.option(
            "--without",
            multiple=True,
            callback=read_effects,
            metavar="EFFECT[,EFFECT...]",
            help=f"What not to do to images, of {', '.join(Effect)}.",
        ),
    )


def export_options(command: Command) -> Command:
    """Add what is written."""
    return _added(
        command,
        click.option(
            "--format",
            "formats",
            multiple=True,
            callback=read_formats,
            metavar="NAME[,NAME...]",
            help=f"What to write, of {', '.join(exporter_names())}. Default: {', '.join(DEFAULT_FORMATS)}.",
        ),
        click.option(
            "--split",
            "shares",
            callback=read_shares,
            metavar="TRAIN/VAL[/TEST]",
            default=DEFAULT_SPLIT,
            show_default=True,
            help="Shares of the images for training, validation and testing, in each class.",
        ),
    )


def seed_option(command: Command) -> Command:
    """Add --seed."""
    return click.option(
        "--seed", type=click.IntRange(0), default=0, show_default=True, help="Start of all random numbers."
    )(command)


def strict_option(command: Command) -> Command:
    """Add --strict."""
    return click.option("--strict", is_flag=True, help="Exit with code 3 if any image failed.")(command)


def display_options(command: Command) -> Command:
    """Add how pictures are drawn in the terminal."""
    return _added(
        command,
        click.option(
            "--quality", type=click.Choice(QUALITIES), help="How faithful pictures are. auto: as the line allows."
        ),
        colors_option,
        click.option("--graphics", type=click.Choice(GRAPHICS), help="How pictures are drawn. auto: as fits."),
    )


def recipe_options(command: Command) -> Command:
    """Add how boxes are found, and which of them are accepted."""
    return box_options(
        click.option(
            "--min-score",
            type=click.FloatRange(0, 1),
            default=0.0,
            show_default=True,
            help="Accept only boxes with at least this score.",
        )(command)
    )


def box_options(command: Command) -> Command:
    """Add how boxes are found."""
    return _added(
        command,
        click.option(
            "--recipe",
            type=click.Choice(recipe_names()),
            default=DEFAULT_RECIPE,
            show_default=True,
            help="A whole setting; the four options below override parts of it.",
        ),
        click.option("--cam", type=click.Choice(method_names()), help="Heat map method."),
        click.option(
            "--threshold",
            callback=read_threshold,
            metavar="SHARE|otsu|relative",
            help="Where heat begins, as a share of its maximum.",
        ),
        click.option("--search", type=click.Choice(search_names()), help="How the box is found in the binary map."),
        click.option("--max-iter", type=click.IntRange(0, 1000), help="Steps of --search bayes."),
    )


def run_options(command: Command) -> Command:
    """Add what a run does besides."""
    return _added(
        command,
        click.option("--auto-accept", is_flag=True, help="Accept boxes without asking; needs no terminal."),
        click.option("--redo", is_flag=True, help="Do automatic decisions again; a person's always stay."),
        click.option("--report", type=click.Path(path_type=Path, dir_okay=False), help="Write a JSON report."),
        strict_option,
        click.option(
            "--max-pixels",
            type=click.IntRange(1),
            help="Images with more pixels are refused. Default: 200 million.",
        ),
    )


def model_options(command: Command) -> Command:
    """Add where the classifier comes from."""
    return _added(
        command,
        click.option("--model", type=FILE, help="Your Keras classifier, .keras or .h5. Default: one is trained."),
        click.option("--classes", type=FILE, help="Its classes, one a line, in the order of its outputs."),
        click.option("--trust-model", is_flag=True, help="Run code that the model file carries (Lambda layers)."),
    )


def background_option(command: Command) -> Command:
    """Add which folders hold no object."""
    return click.option(
        "--background",
        multiple=True,
        metavar="CLASS",
        help="A class without an object; folders called background, nothing, none, negative or empty are.",
    )(command)


def colors_option(command: Command) -> Command:
    """Add how many colors are shown."""
    return click.option(
        "--colors",
        type=click.Choice(COLORS),
        help="Colors to show pictures in. auto: what the terminal has; NO_COLOR is honored.",
    )(command)


def read_format_option(command: Command) -> Command:
    """Add which format is read."""
    return click.option(
        "--format", "format_name", type=click.Choice(reader_names()), help="Format to read. Default: what is found."
    )(command)


def _added(command: Command, *options: Callable[[Command], Command]) -> Command:
    """Add options so that they are listed in the order in which they are given here."""
    for option in reversed(options):
        command = option(command)
    return command
