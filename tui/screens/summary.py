"""What the review has come to, and writing the files."""

from __future__ import annotations

from rich import box
from rich.table import Table
from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import ProgressBar, Static

from annot_core.errors import AnnotError
from annot_core.export import ExportSummary
from annot_core.progress import Event, StageAdvanced, StageStarted
from annot_core.records import Failure
from annot_core.session.views import ClassCounts
from tui.desk import Desk
from tui.keys import Context
from tui.messages import ExportAdvanced, Exported, ExportRefused, OutcomesTaken
from tui.plain.summary import outdated_line
from tui.screens.bound import bound
from tui.screens.keyed import KeyedScreen
from tui.text import printable
from tui.widgets.key_hints import KeyHints

MOST_LISTED = 50


class SummaryScreen(KeyedScreen):
    """Counts per class, failures with their reasons, and `x` to export."""

    CSS_PATH = "summary.tcss"
    BINDINGS = bound(Context.SUMMARY)
    context = Context.SUMMARY

    def __init__(self, desk: Desk, *, exports: bool = False) -> None:
        """Prepare; with `exports` the files are written at once."""
        super().__init__(id="summary")
        self._desk = desk
        self._exports = exports

    def compose(self) -> ComposeResult:
        """Make the parts."""
        yield Static(f"autoannot  {printable(self._desk.dataset.root.name)}", id="title", markup=False)
        with VerticalScroll():
            yield Static(id="counts", markup=False)
            yield ProgressBar(id="exporting", show_eta=False)
            yield Static(id="export", markup=False)
            yield Static(id="failures", markup=False)
        yield KeyHints(Context.SUMMARY)

    def on_mount(self) -> None:
        """Count, and export if that was asked for."""
        self.query_one(ProgressBar).display = False
        self._count()
        if self._exports:
            self.action_export()

    def action_export(self) -> None:
        """Write the files of everything that is kept."""
        bar = self.query_one(ProgressBar)
        bar.update(total=None, progress=0)
        bar.display = True
        self.query_one("#export", Static).update("writing ...")
        self._export()

    def action_leave(self) -> None:
        """Go back to the review."""
        self.dismiss()

    @work(thread=True, group="count", exclusive=True, exit_on_error=True)
    def _count(self) -> None:
        counts = self._desk.session.class_counts()
        failures = list(self._desk.failures(MOST_LISTED + 1))
        self.app.call_from_thread(self._show, counts, failures)

    def _show(self, counts: tuple[ClassCounts, ...], failures: list[Failure]) -> None:
        if not self.is_open:
            # It was left before all was counted.
            return
        self.query_one("#counts", Static).update(counts_table(counts))
        self.query_one("#failures", Static).update(failures_text(failures))

    @work(thread=True, group="export", exclusive=True, exit_on_error=True)
    def _export(self) -> None:
        try:
            summary = self._desk.export(self._hear)
        except AnnotError as error:
            self.post_message(ExportRefused(str(error)))
        else:
            self.post_message(Exported(summary))

    def _hear(self, event: Event) -> None:
        self.post_message(ExportAdvanced(event))

    @on(OutcomesTaken)
    def _count_again(self, event: OutcomesTaken) -> None:
        event.stop()
        self._count()

    @on(ExportAdvanced)
    def _advance(self, event: ExportAdvanced) -> None:
        if not self.is_open:
            return
        bar = self.query_one(ProgressBar)
        match event.event:
            case StageStarted(total=total):
                bar.update(total=total)
            case StageAdvanced(done=done):
                bar.update(progress=done)

    @on(Exported)
    def _tell(self, event: Exported) -> None:
        self._end_with(export_text(event.summary))

    @on(ExportRefused)
    def _tell_refusal(self, event: ExportRefused) -> None:
        self._end_with(Text(printable(event.text, longest=2000), style="bold red"))

    def _end_with(self, text: Text) -> None:
        if self.is_open:
            self.query_one(ProgressBar).display = False
            self.query_one("#export", Static).update(text)


def counts_table(counts: tuple[ClassCounts, ...]) -> Table:
    """Lay out the counts, a class a row and all of them at the end; it fits into 80 columns."""
    table = Table(box=box.SIMPLE_HEAD, padding=0)
    table.add_column("class", no_wrap=True, overflow="ellipsis", max_width=20)
    names = ("images", "kept", "mended", "dropped", "later", "undecided", "failed", "pending")
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    for one in counts:
        table.add_row(printable(one.class_name), *(str(getattr(one, name)) for name in names))
    if len(counts) != 1:
        table.add_section()
        table.add_row("all", *(str(sum(getattr(one, name) for one in counts)) for name in names))
    return table


def failures_text(failures: list[Failure]) -> Text:
    """List what failed, and why."""
    text = Text()
    if failures:
        text.append("failed\n", style="bold")
    for failure in failures[:MOST_LISTED]:
        text.append(f"  {printable(failure.source, longest=60)}: ", style="dim")
        text.append(f"{printable(failure.reason, longest=300)}\n")
    if len(failures) > MOST_LISTED:
        text.append("  and more; `f` failed lists them all in the review\n", style="dim")
    return text


def export_text(summary: ExportSummary | None) -> Text:
    """Name what was written."""
    if summary is None:
        return Text("nothing is kept, so there is nothing to write", style="bold yellow")
    text = Text()
    text.append(f"{summary.boxes} boxes on {summary.images} images", style="bold green")
    text.append(f" in {summary.files} files, read back and counted:\n")
    text.append(f"  {printable(str(summary.folder), longest=400)}\n")
    text.append(f"  {' '.join(summary.places)}\n", style="dim")
    if outdated := outdated_line(summary):
        text.append(f"  {outdated}\n", style="yellow")
    for problem in summary.problems[:MOST_LISTED]:
        text.append(f"  not written: {printable(problem.source)}: {printable(problem.reason)}\n", style="yellow")
    return text
