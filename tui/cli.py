"""The command line. It starts fast: whatever is heavy is imported by the command that needs it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click_default_group import DefaultGroup

from annot_core.errors import AnnotError, UsageError
from tui import options

if TYPE_CHECKING:
    from annot_core.annotating import Annotated
    from annot_core.classifier.training import TrainingSettings

FAILED, STRICT_FAILED = 1, 3
DEMO_FOLDER = Path("autoannot-demo")
DEMO_IMAGE_SIZE_PX = 128


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
@options.model_options
@options.recipe_options
@options.background_option
@options.training_options
def review(dataset: Path, **chosen: Any) -> None:
    """Annotate DATASET/<class>/<image>, and write a Pascal VOC data set."""
    _require_auto_accept(chosen.pop("auto_accept"))
    strict = chosen.pop("strict")
    result = _annotate(dataset, **chosen)
    sys.exit(_exit_code(result, strict))


@main.command(short_help="Train the classifier anew, and keep it.")
@click.argument("dataset", type=options.FILE)
@options.output_option
@options.background_option
@options.training_options
def train(dataset: Path, output: Path | None, background: tuple[str, ...], **training: Any) -> None:
    """Train the classifier for DATASET anew, and keep it for later runs."""
    from annot_core.training_job import train_for
    from tui.running import reporting

    with reporting() as reporter:
        folder = train_for(
            dataset,
            output,
            background=background,
            training=_training(training),
            log_output=True,
            listener=reporter.hear,
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
@options.recipe_options
@options.training_options
def demo(folder: Path, nuts: int, bolts: int, empty: int, size: tuple[int, int], **chosen: Any) -> None:
    """Draw nuts and bolts into DIR, annotate them, and compare with the truth.

    The pictures go to DIR/images, the true boxes to DIR/truth.csv, and the data set to DIR/images-annotated.
    """
    _require_auto_accept(chosen.pop("auto_accept"))
    strict = chosen.pop("strict")
    from annot_core.demo import draw_demo
    from tui.running import console, reporting
    from tui.summary import print_evaluation

    with reporting() as reporter:
        drawn = draw_demo(
            folder,
            nuts=nuts,
            bolts=bolts,
            empty=empty,
            size=size,
            seed=chosen["seed"],
            listener=reporter.hear,
        )
    if chosen["backbone"] == "auto":
        # The demo runs the same everywhere, with nothing fetched from anywhere. Nuts and bolts fill little of
        # the picture, so it is looked at more closely than photographs are by default.
        chosen["backbone"] = "small"
        chosen["image_size"] = chosen["image_size"] or DEMO_IMAGE_SIZE_PX
    result = _annotate(drawn.images, **chosen)
    print_evaluation(console(), _evaluation(result.output, drawn.truth))
    sys.exit(_exit_code(result, strict))


@main.command(short_help="Compare boxes with true ones.")
@click.argument("output", type=options.FILE)
@click.option("--truth", type=options.FILE, required=True, help="CSV of true boxes, or a folder of VOC XML files.")
def evaluate(output: Path, truth: Path) -> None:
    """Compare the boxes in OUTPUT with true ones, beside two trivial baselines."""
    from tui.running import console
    from tui.summary import print_evaluation

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


def _require_auto_accept(given: bool) -> None:
    if not given:
        raise click.UsageError(
            "expected --auto-accept: reviewing boxes in the terminal is not there yet, and without review "
            "nothing would be kept"
        )


def _annotate(dataset: Path, **chosen: Any) -> Annotated:
    """Run the main job with the options of the command line, and say what came out."""
    training = _training(
        {name: chosen.pop(name) for name in ("backbone", "epochs", "image_size", "batch_size", "seed")}
    )
    chosen = {name: value for name, value in chosen.items() if value is not None}
    from annot_core.annotating import annotate
    from tui.running import console, reporting
    from tui.summary import print_annotated

    with reporting() as reporter:
        result = annotate(dataset, training=training, log_output=True, listener=reporter.hear, **chosen)
    print_annotated(console(), result)
    return result


def _training(chosen: dict[str, Any]) -> TrainingSettings:
    from annot_core.classifier.training import TrainingSettings

    return TrainingSettings(**chosen)


def _exit_code(result: Annotated, strict: bool) -> int:
    if not result.boxes:
        why = "lower --min-score" if result.counts.proposed and not result.problems else "see the reasons above"
        click.echo(f"error: expected at least one box to write, found none; {why}", err=True)
        return FAILED
    return STRICT_FAILED if strict and (result.failures or result.problems) else 0
