"""The pictures that training keeps: where they lie, how often they are decoded, and what cannot be read."""

import os
import threading
import types

import numpy as np
import pytest
from models import draw_colors

from annot_core.classifier import pictures as pictures_module
from annot_core.classifier.pictures import PictureStore
from annot_core.imaging import read_image, resize

SIZE = (16, 12)
BYTES = 8 * 16 * 12 * 3
IN_MEMORY = BYTES, 10 * BYTES
IN_A_FILE = BYTES - 1, 2 * BYTES
NOWHERE = BYTES - 1, 2 * BYTES - 1


@pytest.fixture
def paths(tmp_path):
    return [image.path for image in draw_colors(tmp_path / "photos", 4).images]


@pytest.fixture(params=[IN_MEMORY, IN_A_FILE, NOWHERE], ids=["in memory", "in a file", "nowhere"])
def room(request, monkeypatch):
    """How many bytes memory and disk have."""
    memory, disk = request.param
    monkeypatch.setattr(pictures_module, "MEMORY_BYTES", memory)
    monkeypatch.setattr(pictures_module.shutil, "disk_usage", lambda _: types.SimpleNamespace(free=disk))
    return request.param


@pytest.fixture
def decoded(monkeypatch):
    """The paths that were decoded, and by which threads."""
    seen = []

    def count(path, **options):
        seen.append((path, threading.current_thread().name))
        return read_image(path, **options)

    monkeypatch.setattr(pictures_module, "read_image", count)
    return seen


def test_pictures_are_those_of_our_decoder(room, paths, tmp_path):
    expected = np.stack([resize(read_image(path, fit=SIZE).pixels, SIZE) for path in paths])
    with PictureStore(paths, SIZE, folder=tmp_path) as store:
        assert store.readable.tolist() == list(range(8))
        for indices in ([0], [7, 0, 0, 3], list(range(8))):
            found = store.pictures(np.array(indices))
            assert (found.shape, found.dtype) == ((len(indices), 12, 16, 3), np.uint8)
            np.testing.assert_array_equal(found, expected[indices])


def test_each_is_decoded_once_where_there_is_room(room, paths, tmp_path, decoded):
    with PictureStore(paths, SIZE, folder=tmp_path) as store:
        assert sorted(path for path, _ in decoded) == sorted(paths)
        assert all(name.startswith("picture") for _, name in decoded)
        for _ in range(3):
            store.pictures(np.arange(8))
    assert len(decoded) == (8 if room is not NOWHERE else 32)


def test_a_change_of_what_was_given_changes_nothing_that_is_kept(room, paths, tmp_path):
    with PictureStore(paths, SIZE, folder=tmp_path) as store:
        before = store.pictures(np.arange(8)).copy()
        store.pictures(np.arange(8))[:] = 0
        np.testing.assert_array_equal(store.pictures(np.arange(8)), before)


def test_the_file_lies_in_the_folder_and_has_no_name(monkeypatch, paths, tmp_path):
    monkeypatch.setattr(pictures_module, "MEMORY_BYTES", 0)
    folder = tmp_path / "session"
    folder.mkdir()
    asked = []
    real = pictures_module.tempfile.TemporaryFile

    def note(**options):
        asked.append(options["dir"])
        return real(**options)

    monkeypatch.setattr(pictures_module.tempfile, "TemporaryFile", note)
    with PictureStore(paths, SIZE, folder=folder) as store:
        assert isinstance(store._kept, np.memmap)
        assert asked == [folder]
        assert not list(folder.iterdir())


def test_a_disk_that_cannot_be_written_is_done_without(monkeypatch, paths, tmp_path):
    monkeypatch.setattr(pictures_module, "MEMORY_BYTES", 0)

    def full(*_arguments):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(pictures_module, "_reserve", full)
    with PictureStore(paths, SIZE, folder=tmp_path) as store:
        assert store.pictures(np.arange(8)).any()


def test_what_cannot_be_read_is_told_apart_and_black(room, paths, tmp_path):
    paths[2].write_bytes(b"")
    with PictureStore(paths, SIZE, folder=tmp_path) as store:
        assert store.readable.tolist() == [0, 1, 3, 4, 5, 6, 7]
        assert not store.pictures(np.array([2])).any()


def test_a_file_that_goes_while_training_goes_on_ends_nothing(room, paths, tmp_path):
    with PictureStore(paths, SIZE, folder=tmp_path) as store:
        paths[2].unlink()
        assert store.pictures(np.array([2])).any() == (room is not NOWHERE)
