"""What was annotated, and other programs' data sets: export, augment, import, check and show."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tui import options
from tui.commands import FAILED, STRICT_FAILED

if TYPE_CHECKING:
    from annot_core.augment.settings import AugmentSettings

_AUGMENTED = ("seed", "min_visible", "longest_side_px", "background_share", "without", "min_score")


@click.command(short_help="Write what is kept, in any format.")
@click.argument("output", type=options.FILE)
@options.export_options
@options.seed_option
@options.strict_option
def export(output: Path, formats: tuple[str, ...], shares: dict[str, float], seed: int, strict: bool) -> None:
    """Write the kept images of OUTPUT, a folder that a data set was annotated to.

    Files of an earlier export in the same formats that no longer belong are removed.
    """
    from annot_core.exporting import export_output
    from tui.plain.running import console, reporting
    from tui.plain.summary import print_export

    with reporting() as hear:
        summary = export_output(output, formats, shares=shares, seed=seed, listener=hear)
    if summary is not None:
        print_export(console(), summary)
    if summary is None or not summary.images:
        has_reasons = summary is not None and summary.problems
        why = "see the reasons above" if has_reasons else "review the boxes, or accept them with --auto-accept"
        click.echo(f"error: expected at least one kept image to write, found none; {why}", err=True)
        sys.exit(FAILED)
    sys.exit(STRICT_FAILED if strict and summary.problems else 0)


@click.command(short_help="Make many more annotated images of those that are kept.")
@click.argument("output", type=options.FILE)
@options.augment_options
@options.export_options
@options.model_options
@options.box_options
@options.seed_option
@options.strict_option
def augment(output: Path, count: int, strict: bool, **chosen: Any) -> None:
    """Make COUNT augmented images of those that are kept in OUTPUT, and write all of them.

    The same seed gives the same images, and a larger COUNT keeps the earlier ones; 0 removes them. What has been made
    is not made again, so that a run that was stopped goes on where it was.
    """
    from annot_core.augment.job import augment_output
    from tui.plain.running import console, reporting
    from tui.plain.summary import print_augmented

    settings = _augmenting(chosen)
    with reporting() as hear:
        result = augment_output(output, count, settings, log_output=True, listener=hear, **chosen)
    print_augmented(console(), result)
    if count and not result.images:
        click.echo("error: expected at least one augmented image, found none; see the reasons above", err=True)
        sys.exit(FAILED)
    has_troubles = result.failures or (result.export is not None and result.export.problems)
    sys.exit(STRICT_FAILED if strict and has_troubles else 0)


@click.command("import", short_help="Bring in boxes that were corrected elsewhere.")
@click.argument("output", type=options.FILE)
@click.option(
    "--from", "source", type=options.FILE, required=True, help="A VOC, YOLO or COCO data set, or a file of one."
)
@options.read_format_option
@click.option("--dry-run", is_flag=True, help="Change nothing, and say what would change.")
@click.option("--all", "lists_all", is_flag=True, help="List every image that was not taken, not only the first ones.")
def import_boxes(output: Path, source: Path, format_name: str | None, dry_run: bool, lists_all: bool) -> None:
    """Bring boxes that were corrected in other programs into OUTPUT, as your decisions.

    Images are matched by id, path or file name. An image whose boxes were all removed is dropped; images that
    the other data set does not have stay as they are. One undo in the review takes all of it back.
    """
    from annot_core.importing import import_annotations
    from tui.plain.importing import print_import
    from tui.plain.running import console

    summary = import_annotations(output, source, format_name=format_name, dry_run=dry_run)
    print_import(console(), summary, lists_all=lists_all)


@click.command(short_help="Look for what breaks readers of a data set.")
@click.argument("path", metavar="FOLDER_OR_FILE", type=options.FILE)
@options.read_format_option
@click.option("--all", "lists_all", is_flag=True, help="List every finding, not only the first of each kind.")
@click.option("--json", "json_path", type=click.Path(path_type=Path, dir_okay=False), help="Write all findings.")
def check(path: Path, format_name: str | None, lists_all: bool, json_path: Path | None) -> None:
    """Look for what breaks readers of a VOC, YOLO or COCO data set, whoever wrote it; nothing is changed.

    The exit code is 1 if there are errors, and 0 if there are warnings only.
    """
    from annot_core.checking import check_path, write_json
    from annot_core.report import check_report_path
    from tui.plain.checking import print_check
    from tui.plain.running import console, reporting

    if json_path is not None:
        check_report_path(json_path)
    with reporting() as hear:
        report = check_path(path, format_name, listener=hear)
    if json_path is not None:
        write_json(report, json_path)
    print_check(console(), report, lists_all=lists_all)
    sys.exit(FAILED if report.errors else 0)


@click.command(short_help="Print pictures with their boxes.")
@click.argument("paths", metavar="IMAGE_OR_OUTPUT...", nargs=-1, required=True, type=options.FILE)
@click.option("--most", type=click.IntRange(1), default=24, show_default=True, help="Images of a folder to print.")
@click.option("--width", type=click.IntRange(8), help="Columns to use. Default: the terminal's.")
@options.colors_option
def show(paths: tuple[Path, ...], most: int, width: int | None, colors: str | None) -> None:
    """Print image files, and the images of OUTPUT folders that have a box, into the scrollback.

    Boxes that were kept are green, proposed ones yellow. What is no terminal gets a line for each image.
    """
    from tui.frame.depth import ColorDepth
    from tui.plain.running import asked_console
    from tui.plain.show import print_pictures
    from tui.settings import AUTO

    print_pictures(asked_console(None if colors in (None, AUTO) else ColorDepth(colors)), paths, width=width, most=most)


def _augmenting(chosen: dict[str, Any]) -> AugmentSettings:
    """Take the settings of augmentation out of the options of the command line."""
    from annot_core.augment.settings import AugmentSettings, BoxSource

    if chosen["boxes"] != BoxSource.ANNOTATE and (given := [name for name in ("model", "classes") if chosen[name]]):
        raise click.UsageError(f"expected --boxes annotate with --{given[0]}, found none; add it, or leave that out")
    return AugmentSettings(boxes=BoxSource(chosen.pop("boxes")), **{name: chosen.pop(name) for name in _AUGMENTED})
