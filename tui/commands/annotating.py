"""Annotating a folder of labelled images: review, train, demo and evaluate."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from annot_core.errors import UsageError
from annot_core.export import DEFAULT_FORMATS, TRAIN_VAL
from tui import options
from tui.commands import FAILED, STRICT_FAILED

if TYPE_CHECKING:
    from annot_core.annotating import Annotated
    from annot_core.classifier.request import TrainingSettings

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
DEMO_FOLDER = Path("autoannot-demo")
DEMO_IMAGE_SIZE_PX = 128


@click.command(short_help="Annotate a folder of labelled images (the default).")
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


@click.command(short_help="Train the classifier anew, and keep it.")
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


@click.command(short_help="Draw pictures with known boxes, and annotate them.")
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


@click.command(short_help="Compare boxes with true ones.")
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


def _exit_code(result: Annotated, strict: bool) -> int:
    if not result.boxes:
        why = "lower --min-score" if result.counts.proposed and not result.problems else "see the reasons above"
        click.echo(f"error: expected at least one box to write, found none; {why}", err=True)
        return FAILED
    return STRICT_FAILED if strict and (result.failures or result.problems) else 0
