"""The command line: the group of commands, and how their errors are told. It starts fast."""

from __future__ import annotations

from typing import Any

import click
from click_default_group import DefaultGroup

from annot_core.errors import AnnotError
from tui.commands import annotating, data_sets, detector


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


for command in (
    annotating.review,
    annotating.train,
    annotating.demo,
    annotating.evaluate,
    data_sets.export,
    data_sets.augment,
    data_sets.import_boxes,
    data_sets.check,
    data_sets.show,
    detector.curve,
    detector.detect,
):
    main.add_command(command)
