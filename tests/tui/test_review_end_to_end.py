"""The real program in a real terminal, with real training: keys in, files out."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from review_terminals import ReviewTerminal, results_in

from annot_core.demo import draw_demo
from annot_core.export.coordinates import one_based
from annot_core.geometry import Box
from annot_core.records import Decider, Status, Verdict
from annot_core.session import ImageResult
from tui.review.adjusting import Adjuster

pytestmark = pytest.mark.slow

QUICK = ("--backbone", "small", "--image-size", 32, "--epochs", 2)
# Words of what TensorFlow, its compilers and its drivers print.
FOREIGN = re.compile(
    r"tensorflow|keras|cuda|cudnn|onednn|absl|xla|gpu|cpu_feature_guard|port\.cc|rebuild|stderr|\bWARNING:|[IWE]0000",
    re.IGNORECASE,
)

Said = tuple[Verdict, str, Box | None]
"""What the keys said of an image: verdict, class, box."""


def test_exported_files_are_what_the_keys_said(tmp_path: Path) -> None:
    drawn = draw_demo(tmp_path / "demo", nuts=8, bolts=8, empty=4, size=(96, 72), seed=1)
    output = tmp_path / "out"
    with ReviewTerminal(
        drawn.images, "--output", output, *QUICK, environment={"TF_CPP_MIN_LOG_LEVEL": "0"}
    ) as terminal:
        terminal.wait_for("enter starts")
        terminal.wait_for("8  bolt")
        terminal.type("\r")
        terminal.wait_for("epoch 2 of 2")
        terminal.wait_for_counts(ready=20, decided=0)
        found = results_in(output)
        said = review_one_by_one(terminal, found)
        said |= review_in_gallery(terminal, found, said)
        terminal.type("x")
        terminal.wait_for("read back and counted")
        summary = terminal.text
        terminal.type("\x1b")
        terminal.wait_for_counts(all=20)
        terminal.type("q")
        assert terminal.end() == 0
        terminal.assert_whole()
        assert terminal.after_the_app() == ""
        assert FOREIGN.findall(terminal.plain()) == []
    # It was there to be shown.
    assert FOREIGN.search((output / ".autoannot" / "log.txt").read_text())
    decided = results_in(output)
    assert {source: said_of(result) for source, result in decided.items() if result.decision} == said
    assert all(result.decision.decider is Decider.PERSON for result in decided.values() if result.decision)
    kept = {decided[source].image_id: one for source, one in said.items() if one[0] is Verdict.KEEP}
    boxes = sum(box is not None for _, _, box in kept.values())
    assert f"{boxes} boxes on {len(kept)} images" in summary
    assert voc_of(output) == {name: annotated(one) for name, one in kept.items()}
    assert yolo3_of(output) == {name: annotated(one) for name, one in kept.items()}


def review_one_by_one(terminal: ReviewTerminal, found: dict[str, ImageResult]) -> dict[str, Said]:
    """Decide six images with a box and two without, by as many different keys; return what was said."""
    sources = list(found)
    empty = [source for source, result in found.items() if result.status is Status.BACKGROUND]
    boxed = [source for source, result in found.items() if len(result.candidates) >= 2]
    assert len(boxed) >= 8, "expected a network of two epochs to see something in half of the pictures"
    said: dict[str, Said] = {}

    def go_to(source: str) -> None:
        terminal.go_to(source, sources.index(source) + 1)

    def note(source: str, one: Said, decided: int | None = None) -> None:
        said[source] = one
        terminal.wait_for_counts(decided=len(said) if decided is None else decided)

    terminal.type("k")
    note(sources[0], (Verdict.KEEP, "background", None))
    # A verdict moves on.
    terminal.wait_for_place(2)
    terminal.wait(lambda: "saved: keep" in terminal.status)
    terminal.type("d")
    note(sources[1], (Verdict.DROP, "background", None))
    assert empty[:2] == sources[:2]
    go_to(boxed[0])
    terminal.type("l")
    note(boxed[0], (Verdict.LATER, found[boxed[0]].class_name, None))
    go_to(boxed[1])
    terminal.type("2")
    note(boxed[1], (Verdict.KEEP, found[boxed[1]].class_name, found[boxed[1]].candidates[1].box))
    go_to(boxed[2])
    note(boxed[2], adjust(terminal, found[boxed[2]]))
    go_to(boxed[3])
    other = "nut" if found[boxed[3]].class_name == "bolt" else "bolt"
    terminal.type("c")
    terminal.wait_for("class, by number or name:")
    terminal.type(f"{other}\r")
    note(boxed[3], (Verdict.KEEP, other, found[boxed[3]].box))
    go_to(boxed[4])
    for key, word, decided in (("d", "drop", 7), ("u", "undo", 6), ("U", "redo", 7), ("u", "undo", 6)):
        terminal.type(key)
        terminal.wait(lambda word=word: f"saved: {word}" in terminal.status)
        terminal.wait_for_counts(decided=decided)
    terminal.type(" ")
    note(boxed[4], (Verdict.KEEP, found[boxed[4]].class_name, found[boxed[4]].box))
    return said


def adjust(terminal: ReviewTerminal, result: ImageResult) -> Said:
    """Mend a box by hand: move it, then one edge of it in another step; return what was said."""
    assert result.image_size is not None
    terminal.type("a")
    terminal.wait_for("enter keep")
    terminal.type("lj\t]h\r")
    adjuster = Adjuster.start(result.box, result.image_size)
    box = adjuster.moved(1, 0).moved(0, 1).next_edge().coarser().moved(-1, 0).box
    assert box != result.box
    return Verdict.KEEP, result.class_name, box


def review_in_gallery(
    terminal: ReviewTerminal, found: dict[str, ImageResult], said: dict[str, Said]
) -> dict[str, Said]:
    """Keep all the rest in the gallery, but for one image that is marked; return what that said."""
    sources = list(found)
    terminal.type("g")
    terminal.wait_for_place(1)
    terminal.type("v")
    terminal.wait_for("keep the rest")
    terminal.settle()
    # It is on the first page.
    marked = next(number for number, source in enumerate(sources) if source not in said)
    terminal.type("l" * marked)
    terminal.settle()
    terminal.type("d")
    terminal.wait_for("DROP")
    fresh: dict[str, Said] = {}
    for number, source in enumerate(sources):
        result = found[source]
        if source in said or result.status is Status.NO_EVIDENCE:
            continue
        verdict = Verdict.DROP if number == marked else Verdict.KEEP
        fresh[source] = (verdict, result.class_name, result.box if verdict is Verdict.KEEP else None)
    while "last page" not in terminal.status:
        place, decided = terminal.screen.display[0], terminal.counts()["decided"]
        terminal.type("\r")
        # Everything on a page may be decided already.
        terminal.wait(lambda place=place: terminal.screen.display[0] != place or "last page" in terminal.status)
        terminal.settle()
        assert terminal.counts()["decided"] >= decided
    terminal.wait_for_counts(decided=len(said) + len(fresh))
    return fresh


def said_of(result: ImageResult) -> Said:
    assert result.decision is not None
    return result.decision.verdict, result.decision.class_name, result.decision.box


Annotated = tuple[str, tuple[int, ...]] | None
"""The class and the corners of the only box of a file; None where there is none."""


def annotated(said: Said) -> Annotated:
    _, class_name, box = said
    return None if box is None else (class_name, one_based(box))


def voc_of(output: Path) -> dict[str, Annotated]:
    """Read what the XML files say, by image id."""
    found: dict[str, Annotated] = {}
    for file in (output / "Annotations").glob("*.xml"):
        root = ElementTree.parse(file).getroot()
        objects = root.findall("object")
        assert len(objects) <= 1
        assert (output / "JPEGImages" / str(root.findtext("filename"))).is_file()
        corners = [tuple(int(one.findtext(f"bndbox/{name}")) for name in CORNERS) for one in objects]
        found[file.stem] = (str(objects[0].findtext("name")), corners[0]) if objects else None
    return found


CORNERS = ("xmin", "ymin", "xmax", "ymax")


def yolo3_of(output: Path) -> dict[str, Annotated]:
    """Read what the rows for keras-yolo3 say, by image id."""
    classes = (output / "classes.txt").read_text().split()
    found: dict[str, Annotated] = {}
    for name in ("train.txt", "val.txt"):
        for row in (output / "yolo3" / name).read_text().splitlines():
            path, *boxes = row.split()
            assert len(boxes) <= 1
            *corners, number = (int(part) for part in boxes[0].split(",")) if boxes else (0,)
            found[Path(path).stem] = (classes[number], tuple(corners)) if boxes else None
    return found
