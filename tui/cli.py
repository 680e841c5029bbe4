"""The command line. It starts fast: whatever is heavy is imported by the command that needs it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click_default_group import DefaultGroup

from annot_core.detector.request import DEFAULT_BATCH_SIZE, DEFAULT_IMAGE_SIZE_PX, DEFAULT_MIN_SCORE
from annot_core.errors import AnnotError, UsageError
from annot_core.export import DEFAULT_FORMATS, TRAIN_VAL
from tui import options

if TYPE_CHECKING:
    from annot_core.annotating import Annotated
    from annot_core.augment.settings import AugmentSettings
    from annot_core.classifier.request import TrainingSettings

FAILED, STRICT_FAILED = 1, 3

# Which options go where.
_TRAINED = ("backbone", "epochs", "image_size", "batch_size", "seed")
_PLANNED = (
    "output",
    "model",
    "classes",
    "trust_model",
    "recipe",
    "cam",
    "threshold",
    "search",
    "max_iter",
    "background",
    "max_pixels",
)
_HEADLESS = ("min_score", "redo", "report", "formats", "shares")
_AUGMENTED = ("seed", "min_visible", "longest_side_px", "background_share", "without", "min_score")
DEMO_FOLDER = Path("autoannot-demo")
DEMO_IMAGE_SIZE_PX = 128
DEFAULT_SIZES = "100,500,1000,2500"


class Errors(DefaultGroup):  # type: ignore[misc]
    """A group of commands that tells our errors as one sentence, with their exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except AnnotError as error:
            from tui.text import printable

            click.echo(f"error: {printable(str(error), longest=4000)}", err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("stopped; what is done is saved, and the same command goes on from here", err=True)
            ctx.exit(130)


@click.group(
    cls=Errors,
    default="review",
    default_if_no_args=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="autoannot-tui")
def main() -> None:
    """Draw boxes for object detection on a folder of labelled images.

    `autoannot-tui DATASET` is short for `autoannot-tui review DATASET`, where DATASET/<class>/<image> are
    your images. A folder that is called like a command is reached as ./demo.
    """


@main.command(short_help="Annotate a folder of labelled images (the default).")
@click.argument("dataset", type=options.FILE)
@options.output_option
@options.run_options
@options.export_options
@options.model_options
@options.recipe_options
@options.background_option
@options.training_options
@options.display_options
def review(dataset: Path, **chosen: Any) -> None:
    """Annotate DATASET/<class>/<image>, and review the boxes in this terminal while they are found.

    With --auto-accept no terminal is needed: boxes are accepted, and the data set is written.
    """
    if not chosen["auto_accept"]:
        sys.exit(_review(dataset, chosen))
    result, strict = _annotate(dataset, chosen)
    sys.exit(_exit_code(result, strict))


@main.command(short_help="Train the classifier anew, and keep it.")
@click.argument("dataset", type=options.FILE)
@options.output_option
@options.background_option
@options.training_options
def train(dataset: Path, output: Path | None, background: tuple[str, ...], **training: Any) -> None:
    """Train the classifier for DATASET anew, and keep it for later runs."""
    from annot_core.training_job import train_for
    from tui.plain.running import reporting

    with reporting() as hear:
        folder = train_for(
            dataset,
            output,
            background=background,
            training=_training(training),
            log_output=True,
            listener=hear,
        )
    from tui.text import printable

    click.echo(f"kept in {printable(str(folder))}")


@main.command(short_help="Draw pictures with known boxes, and annotate them.")
@click.argument("folder", metavar="[DIR]", type=options.FILE, default=DEMO_FOLDER)
@click.option("--nuts", type=click.IntRange(0), default=30, show_default=True, help="Pictures of nuts.")
@click.option("--bolts", type=click.IntRange(0), default=30, show_default=True, help="Pictures of bolts.")
@click.option("--empty", type=click.IntRange(0), default=10, show_default=True, help="Pictures of neither.")
@click.option(
    "--size", callback=options.read_size, metavar="WxH", default="320x240", show_default=True, help="Size in pixels."
)
@options.output_option
@options.run_options
@options.export_options
@options.recipe_options
@options.training_options
@options.display_options
def demo(folder: Path, nuts: int, bolts: int, empty: int, size: tuple[int, int], **chosen: Any) -> None:
    """Draw nuts and bolts into DIR, annotate and review them, and compare with the truth.

    The pictures go to DIR/images, the true boxes to DIR/truth.csv, and the data set to DIR/images-annotated.
    """
    if not chosen["auto_accept"]:
        _refuse_headless_options(chosen)
        from tui.launch import require_terminal

        # Said before minutes of drawing rather than after.
        require_terminal()
    from annot_core.dataset import default_output
    from annot_core.demo import draw_demo
    from tui.plain.running import console, reporting
    from tui.plain.summary import print_evaluation

    with reporting() as hear:
        drawn = draw_demo(
            folder,
            nuts=nuts,
            bolts=bolts,
            empty=empty,
            size=size,
            seed=chosen["seed"],
            listener=hear,
        )
    if chosen["backbone"] == "auto":
        # The demo runs the same everywhere, with nothing fetched from anywhere. Nuts and bolts fill little of
        # the picture, so it is looked at more closely than photographs are by default.
        chosen["backbone"] = "small"
        chosen["image_size"] = chosen["image_size"] or DEMO_IMAGE_SIZE_PX
    if not chosen["auto_accept"]:
        code = _review(drawn.images, chosen)
        if code == 0:
            output = chosen["output"] or default_output(drawn.images)
            print_evaluation(console(), _evaluation(output, drawn.truth))
        sys.exit(code)
    result, strict = _annotate(drawn.images, chosen)
    print_evaluation(console(), _evaluation(result.output, drawn.truth))
    sys.exit(_exit_code(result, strict))


@main.command(short_help="Write what is kept, in any format.")
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


@main.command(short_help="Make many more annotated images of those that are kept.")
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


@main.command(short_help="Compare boxes with true ones.")
@click.argument("output", type=options.FILE)
@click.option("--truth", type=options.FILE, required=True, help="CSV of true boxes, or a folder of VOC XML files.")
def evaluate(output: Path, truth: Path) -> None:
    """Compare the boxes in OUTPUT with true ones, beside two trivial baselines."""
    from tui.plain.running import console
    from tui.plain.summary import print_evaluation

    evaluation = _evaluation(output, truth)
    if not evaluation.overall.n:
        raise UsageError(
            f"expected true boxes of images in {str(output)!r}, found none in {str(truth)!r} that names one; files are "
            "matched by their path in the data set, by id, or by a name that no other image has"
        )
    print_evaluation(console(), evaluation)


@main.command(short_help="Print pictures with their boxes.")
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


@main.command("import", short_help="Bring in boxes that were corrected elsewhere.")
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


@main.command(short_help="Look for what breaks readers of a data set.")
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


@main.command(short_help="Tell whether more images would help.")
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


@main.command(short_help="Find objects with a detector, and print the pictures.")
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


def _evaluation(output: Path, truth: Path) -> Any:
    from annot_core.evaluation import evaluate as compare
    from annot_core.session_results import session_results
    from annot_core.truth import read_truth

    return compare(session_results(output), read_truth(truth))


def _refuse_headless_options(chosen: dict[str, Any]) -> None:
    """Refuse what speaks of a run without review, where there is one."""
    given = [f"--{name}" for name in ("report", "strict") if chosen[name]]
    if chosen["min_score"]:
        given.append("--min-score")
    if chosen["formats"] != DEFAULT_FORMATS:
        given.append("--format")
    if chosen["shares"] != TRAIN_VAL:
        given.append("--split")
    if given:
        raise click.UsageError(f"expected --auto-accept with {', '.join(given)}, found none; add it, or leave them out")


def _review(dataset: Path, chosen: dict[str, Any]) -> int:
    """Review in this terminal, with the options of the command line."""
    _refuse_headless_options(chosen)
    from annot_core.plan import plan_run
    from tui.launch import Asked, run_review

    asked = Asked(chosen["quality"], chosen["colors"], chosen["graphics"])
    named = {name: chosen[name] for name in _PLANNED if chosen.get(name) is not None}
    return run_review(plan_run(dataset, training=_training(chosen), **named), asked=asked, redo=chosen["redo"])


def _annotate(dataset: Path, chosen: dict[str, Any]) -> tuple[Annotated, bool]:
    """Run the main job with the options of the command line, and say what came out; also whether to be strict."""
    named = {name: chosen[name] for name in (*_PLANNED, *_HEADLESS) if chosen.get(name) is not None}
    from annot_core.annotating import annotate
    from tui.plain.running import console, reporting
    from tui.plain.summary import print_annotated

    with reporting() as hear:
        result = annotate(dataset, training=_training(chosen), log_output=True, listener=hear, **named)
    print_annotated(console(), result)
    return result, chosen["strict"]


def _training(chosen: dict[str, Any]) -> TrainingSettings:
    from annot_core.classifier.request import TrainingSettings

    return TrainingSettings(**{name: chosen[name] for name in _TRAINED})


def _augmenting(chosen: dict[str, Any]) -> AugmentSettings:
    """Take the settings of augmentation out of the options of the command line."""
    from annot_core.augment.settings import AugmentSettings, BoxSource

    if chosen["boxes"] != BoxSource.ANNOTATE and (given := [name for name in ("model", "classes") if chosen[name]]):
        raise click.UsageError(f"expected --boxes annotate with --{given[0]}, found none; add it, or leave that out")
    return AugmentSettings(boxes=BoxSource(chosen.pop("boxes")), **{name: chosen.pop(name) for name in _AUGMENTED})


def _exit_code(result: Annotated, strict: bool) -> int:
    if not result.boxes:
        why = "lower --min-score" if result.counts.proposed and not result.problems else "see the reasons above"
        click.echo(f"error: expected at least one box to write, found none; {why}", err=True)
        return FAILED
    return STRICT_FAILED if strict and (result.failures or result.problems) else 0
