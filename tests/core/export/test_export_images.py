from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from annot_core.errors import ImageError
from annot_core.export.images import STAGE, write_images
from annot_core.export.writing import Staging
from annot_core.geometry import Box
from annot_core.jpeg import Frame, frame_of
from annot_core.records import Annotation, Failure


def _jpeg(width: int, height: int, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (10, 200, 30)).save(buffer, "JPEG", **options)
    return buffer.getvalue()


def _annotation(image_id: str, box: Box | None = None, size: tuple[int, int] = (40, 30)) -> Annotation:
    return Annotation(image_id, Path(f"{image_id}.png"), f"cat/{image_id}.png", "cat", box, size)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(_jpeg(40, 30), id="baseline"),
        pytest.param(_jpeg(40, 30, progressive=True), id="progressive"),
        pytest.param(_jpeg(40, 30, comment=b"x" * 5000), id="with a comment"),
        pytest.param(b"\xff\xd8\xff\xff" + _jpeg(40, 30)[2:], id="fill bytes"),
        pytest.param(_jpeg(40, 30)[:20] + b"\x00junk\xff\x00" + _jpeg(40, 30)[20:], id="junk before a marker"),
    ],
)
def test_the_size_of_a_jpeg_is_read_from_its_frame_header(data: bytes) -> None:
    with Image.open(io.BytesIO(data)) as image:
        assert image.size == (40, 30)
    assert frame_of(data) == Frame(40, 30, 3)


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"\x89PNG" + bytes(50), _jpeg(40, 30)[:60]])
def test_what_has_no_frame_header_is_no_jpeg(data: bytes) -> None:
    assert frame_of(data) is None


def test_images_are_written_and_come_back_in_order(tmp_path: Path) -> None:
    listed = [_annotation(f"image-{number:03}") for number in range(100)]

    with Staging(tmp_path) as staging:
        outcomes = list(write_images(listed, staging.producer("shared"), lambda one: _jpeg(40, 30), workers=3))

    assert outcomes == listed
    assert len(list((tmp_path / "JPEGImages").iterdir())) == 100


def _broken(annotation: Annotation) -> bytes:
    raise ImageError("the file ends too early")


def _denied(annotation: Annotation) -> bytes:
    raise PermissionError(13, "Permission denied")


@pytest.mark.parametrize(
    ("reader", "box", "reason"),
    [
        pytest.param(_broken, None, "the file ends too early", id="broken"),
        pytest.param(_denied, None, "Permission denied", id="no permission"),
        pytest.param(lambda one: _jpeg(30, 40), None, "30 x 40 pixels, but was 40 x 30", id="another size"),
        pytest.param(lambda one: _jpeg(40, 30), Box(0, 0, 41, 30), "box inside the 40 x 30", id="box outside"),
        pytest.param(lambda one: _jpeg(40, 30), Box(5, 5, 5, 9), "box inside the 40 x 30", id="empty box"),
    ],
)
def test_an_image_that_cannot_be_exported_is_a_failure_and_not_written(
    tmp_path: Path, reader: object, box: Box | None, reason: str
) -> None:
    with Staging(tmp_path) as staging:
        (outcome,) = write_images([_annotation("a", box)], staging.producer("shared"), reader, workers=1)  # type: ignore[arg-type]

    assert isinstance(outcome, Failure)
    assert (outcome.source, outcome.stage) == ("cat/a.png", STAGE)
    assert reason in outcome.reason
    assert not (tmp_path / "JPEGImages").exists()
