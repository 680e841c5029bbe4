"""Pictures made for the terminal: what is shown of which image, kept for a while, and stale where a file changed."""

from pathlib import Path

import numpy as np
import pytest
from drawn_folders import PATCH, SIZE, draw
from numpy.typing import NDArray

from annot_core.errors import ImageError
from annot_core.geometry import Box
from annot_core.imaging import content_hash
from tui.frame.quality import LEVELS
from tui.pictures import Kept, Mode, PictureKey, PictureMaker

SOURCE = "bright/one.jpg"
LOSSLESS = LEVELS[0]
# As many grid pixels as the image has.
AREA = (SIZE[0], SIZE[1] // 2)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return draw(tmp_path / SOURCE, "bright")


def heat(source: str) -> NDArray[np.float16]:
    grid = np.zeros((12, 16), np.float16)
    grid[3:7, 2:8] = 1
    return grid


def maker(file: Path) -> PictureMaker:
    return PictureMaker(file.parents[1], heat)


def key(file: Path, **changes: object) -> PictureKey:
    fields: dict[str, object] = {
        "source": SOURCE,
        "content": content_hash(file),
        "image_size": SIZE,
        "area": AREA,
        "level": LOSSLESS,
    }
    return PictureKey(**(fields | changes))  # type: ignore[arg-type]


def brightness(grid: NDArray[np.uint8], box: Box) -> float:
    return float(grid[box.top + 2 : box.bottom - 2, box.left + 2 : box.right - 2].mean())


def test_the_photo_is_shown_where_it_lies(file: Path) -> None:
    base = maker(file).make(key(file))
    assert base.grid.shape == (SIZE[1], SIZE[0], 3)
    assert brightness(base.grid, PATCH) > 240
    assert abs(float(base.grid[40:, 40:].mean()) - 128) < 5
    assert not base.is_stale


def test_a_view_fills_the_room(file: Path) -> None:
    base = maker(file).make(key(file, view=PATCH))
    shown = base.placement.shown
    assert brightness(base.grid, shown) > 240


def test_the_binary_map_darkens_what_is_too_cool(file: Path) -> None:
    photo, mask = (maker(file).make(key(file, mode=mode)).grid for mode in (Mode.PHOTO, Mode.MASK))
    assert brightness(mask, Box(12, 14, 28, 26)) == pytest.approx(brightness(photo, Box(12, 14, 28, 26)), abs=3)
    assert float(mask[40:, 40:].mean()) < 0.6 * float(photo[40:, 40:].mean())


def test_the_heat_map_lies_over_the_photo(file: Path) -> None:
    photo, hot = (maker(file).make(key(file, mode=mode)).grid.astype(int) for mode in (Mode.PHOTO, Mode.HEAT))
    changed = np.abs(photo - hot).sum(axis=-1)
    assert changed[14:26, 12:28].mean() > 5 * changed[40:, 40:].mean()


def test_without_a_heat_map_the_photo_is_shown(file: Path) -> None:
    none = PictureMaker(file.parents[1], lambda source: np.zeros((0, 0), np.float16))
    grids = [none.make(key(file, mode=mode)).grid for mode in Mode]
    assert all(np.array_equal(grid, grids[0]) for grid in grids)


def test_a_picture_is_made_once(file: Path) -> None:
    made, wanted = maker(file), key(file)
    assert made.kept(wanted) is None
    base = made.make(wanted)
    file.unlink()
    assert made.make(wanted) is base is made.kept(wanted)


def test_a_file_that_changed_is_stale(file: Path) -> None:
    old = key(file)
    draw(file, "dark")
    assert maker(file).make(old).is_stale


def test_a_file_that_is_gone_says_so(file: Path) -> None:
    old = key(file)
    file.unlink()
    with pytest.raises(ImageError, match="gone"):
        maker(file).make(old)


def test_what_was_used_least_lately_is_forgotten() -> None:
    kept: Kept[int, str] = Kept(2)
    kept.put(1, "a")
    kept.put(2, "b")
    assert kept.get(1) == "a"
    kept.put(3, "c")
    assert [kept.get(number) for number in (1, 2, 3)] == ["a", None, "c"]


def test_modes_go_round() -> None:
    assert [mode.following for mode in Mode] == [Mode.HEAT, Mode.MASK, Mode.PHOTO]
