"""Listing a labelled folder: what is in it, what is passed over and why, and what is no data set."""

import io
import os
import socket
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from annot_core import imaging
from annot_core.dataset import (
    BACKGROUND_NAMES,
    check_output,
    default_output,
    list_dataset,
)
from annot_core.errors import DatasetError
from annot_core.file_kinds import IMAGE_ENDINGS


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    return folder


def put(root, *sources, content=b"x"):
    for source in sources:
        path = root / source
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def sources(dataset):
    return [image.source for image in dataset.images]


def reasons(dataset):
    return {skipped.source: skipped.reason for skipped in dataset.skipped}


# What is listed


def test_a_class_is_a_direct_folder_and_images_may_lie_deeper(root):
    put(root, "cat/1.jpg", "cat/farm/old/2.jpg", "dog/1.png")
    dataset = list_dataset(root)
    assert [(image.source, image.class_name) for image in dataset.images] == [
        ("cat/1.jpg", "cat"),
        ("cat/farm/old/2.jpg", "cat"),
        ("dog/1.png", "dog"),
    ]
    assert dataset.classes == ("cat", "dog")
    assert dataset.skipped == ()


def test_an_image_knows_where_it_lies_and_how_it_was(root):
    put(root, "cat/1.jpg", content=b"12345")
    (image,) = list_dataset(root).images
    status = (root / "cat/1.jpg").stat()
    assert image.path == root / "cat/1.jpg"
    assert (image.size_bytes, image.mtime_ns) == (5, status.st_mtime_ns)


def test_the_root_is_absolute(root, monkeypatch):
    put(root, "cat/1.jpg")
    monkeypatch.chdir(root.parent)
    dataset = list_dataset(root.relative_to(root.parent))
    assert dataset.root == root
    assert dataset.images[0].root == root


def test_sources_are_sorted_by_code_point(root):
    put(root, "b/1.jpg", "B/1.jpg", "b-2/1.jpg", "é/1.jpg", "b/10.jpg", "b/2.jpg", "b/Z.jpg", "b/a/1.jpg")
    dataset = list_dataset(root)
    assert sources(dataset) == sorted(sources(dataset))
    assert dataset.classes == ("B", "b", "b-2", "é")


@settings(max_examples=25, deadline=None)
@given(
    st.sets(
        st.tuples(st.sampled_from("abc"), st.text("xyzXYZ01 -_é#", min_size=1, max_size=4)),
        min_size=1,
        max_size=12,
    )
)
def test_every_image_is_listed_once(tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("photos")
    put(folder, *(f"{class_name}/{name}.jpg" for class_name, name in names))
    assert sources(list_dataset(folder)) == sorted(f"{class_name}/{name}.jpg" for class_name, name in names)


folder_names = st.lists(st.text("ab-0", min_size=1, max_size=2), min_size=1, max_size=3)


@settings(max_examples=25, deadline=None)
@given(st.sets(folder_names.map("/".join), min_size=1, max_size=12))
def test_what_lies_in_folders_is_sorted_among_what_lies_beside_them(tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("photos")
    put(folder, *(f"c/{name}.jpg" for name in names), "c.jpg/1.jpg", "c/a/1.jpg", "c-/1.jpg")
    listed = sources(list_dataset(folder))
    assert listed == sorted(listed)
    assert len(listed) == len({*names, "a/1"}) + 2


def test_a_time_that_is_too_far_away_is_the_last_one_that_fits(root, monkeypatch):
    put(root, "cat/1.jpg")
    monkeypatch.setattr("annot_core.dataset._MOST_MTIME_NS", 5)
    assert list_dataset(root).images[0].mtime_ns == 5


def test_listing_a_large_folder_holds_its_names_and_little_more(root):
    put(root, "cat/0.jpg")
    files = 3000
    for number in range(1, files):
        os.link(root / "cat/0.jpg", root / f"cat/photo-{number:06}.jpg")
    tracemalloc.start()
    try:
        listed = list_dataset(root)
        held, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(listed.images) == files
    # What the system says of a file takes more than a kilobyte as long as it is kept.
    assert most < 300 * files
    assert held < 80 * files


@pytest.mark.parametrize("name", [b"caf\xe9.jpg", b"\xff\xfe.jpg", b"a\nb.jpg", "\N{SNOWMAN}.jpg".encode()])
def test_names_that_are_no_text_survive(root, name):
    put(root, "cat/1.jpg", "cat/é.jpg")
    folder = os.fsencode(root / "cat")
    with open(os.path.join(folder, name), "wb") as file:  # noqa: PTH118, PTH123
        file.write(b"12")
    dataset = list_dataset(root)
    found = {os.fsencode(image.source): image for image in dataset.images}
    assert found[b"cat/" + name].path.read_bytes() == b"12"
    assert sources(dataset) == sorted(sources(dataset))


def test_a_class_name_that_is_no_text_survives(root):
    folder = os.path.join(os.fsencode(root), b"caf\xe9")  # noqa: PTH118
    os.mkdir(folder)  # noqa: PTH102
    put(root, os.fsdecode(b"caf\xe9/1.jpg"), os.fsdecode(b"caf\xe9/notes.t\xe9"))
    dataset = list_dataset(root)
    assert os.fsencode(dataset.classes[0]) == b"caf\xe9"
    assert reasons(dataset) == {os.fsdecode(b"caf\xe9/notes.t\xe9"): "not an image: ending .t\\udce9"}


# What is an image


@pytest.mark.parametrize("ending", [".jpg", ".JPG", ".Jpeg", ".png", ".tif", ".webp"])
def test_an_image_ending_is_enough(root, ending):
    put(root, f"cat/1{ending}", content=b"")
    assert sources(list_dataset(root)) == [f"cat/1{ending}"]


@pytest.mark.parametrize("ending", sorted(IMAGE_ENDINGS))
def test_every_image_ending_is_of_a_format_that_is_decoded(ending):
    Image.init()
    assert Image.EXTENSION.get(ending, "PPM") in (*imaging.FORMATS, "MPO")


@pytest.mark.parametrize(
    ("format_", "mode"),
    [
        *((name, "RGB") for name in ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM", "JPEG2000")),
        ("PPM", "L"),
        ("PPM", "1"),
        ("PPM", "F"),
    ],
)
@pytest.mark.parametrize("name", ["cat/photo", "cat/photo.1", "cat/photo.txt"])
def test_a_file_without_an_image_ending_is_known_by_its_first_bytes(root, name, format_, mode):
    buffer = io.BytesIO()
    Image.new(mode, (4, 4)).save(buffer, format_)
    put(root, name, content=buffer.getvalue())
    assert sources(list_dataset(root)) == [name]


def test_an_avif_is_known_by_its_first_bytes(root):
    put(root, "cat/photo", content=b"\0\0\0\x20ftypavif" + bytes(20))
    assert sources(list_dataset(root)) == ["cat/photo"]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("notes.txt", b"hello", "not an image: ending .txt"),
        ("README", b"hello", "not an image: no ending"),
        ("empty", b"", "not an image: no ending"),
        ("memo.TXT", b"BMW builds cars and other things", "not an image: ending .txt"),
        ("memo.txt", b"P7 is not a picture", "not an image: ending .txt"),
        ("song.wav", b"RIFF1234WAVEfmt ", "not an image: ending .wav"),
    ],
)
def test_what_is_no_image_is_skipped_with_its_reason(root, name, content, reason):
    put(root, "cat/1.jpg")
    put(root, f"cat/{name}", content=content)
    dataset = list_dataset(root)
    assert sources(dataset) == ["cat/1.jpg"]
    assert reasons(dataset) == {f"cat/{name}": reason}


def test_files_outside_every_class_folder_are_skipped(root):
    put(root, "cat/1.jpg", "loose.jpg", "boxes.csv")
    assert reasons(list_dataset(root)) == dict.fromkeys(["boxes.csv", "loose.jpg"], "lies outside every class folder")


@pytest.mark.parametrize(
    "source",
    [
        ".hidden/1.jpg",
        "cat/.hidden.jpg",
        "cat/.git/1.jpg",
        "cat/Thumbs.db",
        "cat/desktop.ini",
        "__MACOSX/1.jpg",
    ],
)
def test_hidden_and_strewn_files_are_not_mentioned(root, source):
    put(root, "cat/1.jpg", source)
    dataset = list_dataset(root)
    assert sources(dataset) == ["cat/1.jpg"]
    assert dataset.skipped == ()


def test_a_class_folder_without_an_image_is_no_class_and_is_mentioned(root):
    put(root, "cat/1.jpg", "dog/notes.txt")
    dataset = list_dataset(root)
    assert dataset.classes == ("cat",)
    assert reasons(dataset)["dog"] == "a class folder without an image"


# Links and other things that are no files


def test_links_to_files_and_folders_are_followed(root, tmp_path):
    put(tmp_path, "elsewhere/1.jpg")
    put(root, "cat/1.jpg")
    (root / "cat/link.jpg").symlink_to(tmp_path / "elsewhere/1.jpg")
    (root / "cat/more").symlink_to(tmp_path / "elsewhere")
    (root / "dog").symlink_to(tmp_path / "elsewhere")
    assert sources(list_dataset(root)) == ["cat/1.jpg", "cat/link.jpg", "cat/more/1.jpg", "dog/1.jpg"]


@pytest.mark.parametrize("target", [".", "..", "../..", "deeper"])
def test_a_link_that_leads_back_is_skipped(root, target):
    put(root, "cat/a/1.jpg")
    (root / "cat/a/deeper").mkdir()
    (root / "cat/a/deeper/back").symlink_to(root / "cat/a" / target)
    dataset = list_dataset(root)
    if target != "../..":
        assert sources(dataset) == ["cat/a/1.jpg"]
    assert "a link that leads back to a folder it lies in" in reasons(dataset).values()


def test_folders_that_link_to_each_other_come_to_an_end(root):
    put(root, "cat/1.jpg", "dog/2.jpg")
    (root / "cat/dogs").symlink_to(root / "dog")
    (root / "dog/cats").symlink_to(root / "cat")
    assert sources(list_dataset(root)) == ["cat/1.jpg", "cat/dogs/2.jpg", "dog/2.jpg", "dog/cats/1.jpg"]


def test_what_cannot_be_followed_or_read_as_a_file_is_skipped(root, monkeypatch):
    put(root, "cat/1.jpg")
    (root / "cat/nowhere.jpg").symlink_to("gone.jpg")
    (root / "cat/self.jpg").symlink_to("self.jpg")
    os.mkfifo(root / "cat/pipe.jpg")
    monkeypatch.chdir(root)  # The path of a socket has to be short.
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("cat/s.jpg")
        dataset = list_dataset(root)
    assert sources(dataset) == ["cat/1.jpg"]
    assert reasons(dataset) == {
        "cat/nowhere.jpg": "a link to nothing",
        "cat/self.jpg": "a link that leads back to itself",
        "cat/pipe.jpg": "a pipe, socket or device",
        "cat/s.jpg": "a pipe, socket or device",
    }


def test_a_folder_that_cannot_be_read_is_skipped(root, monkeypatch):
    put(root, "cat/1.jpg", "dog/1.jpg", "dog/locked/2.jpg")
    scan = os.scandir

    def deny(path):
        if os.fspath(path).endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", deny)
    dataset = list_dataset(root)
    assert sources(dataset) == ["cat/1.jpg", "dog/1.jpg"]
    assert reasons(dataset) == {"dog/locked": "the folder cannot be read: Permission denied"}


# Background


@pytest.mark.parametrize("name", [*sorted(BACKGROUND_NAMES), "Background", "NONE"])
def test_some_names_mean_background(root, name):
    put(root, "cat/1.jpg", f"{name}/1.jpg")
    dataset = list_dataset(root)
    assert dataset.background == {name}
    assert dataset.classes == tuple(sorted(["cat", name]))
    assert {image.class_name: image.is_background for image in dataset.images} == {"cat": False, name: True}


@pytest.mark.parametrize("given_name", ["sky", "sky/"])
def test_a_class_can_be_named_as_background(root, given_name):
    put(root, "cat/1.jpg", "sky/1.jpg", "empty/1.jpg")
    assert list_dataset(root, background=[given_name]).background == {"sky", "empty"}


def test_a_background_name_without_a_folder_is_an_error_that_names_the_folders(root):
    put(root, "cat/1.jpg", "sky/1.jpg")
    with pytest.raises(DatasetError, match=r"called Sky.*cat, sky"):
        list_dataset(root, background=["Sky"])


# What is no data set


def test_a_missing_folder_is_an_error(root):
    with pytest.raises(DatasetError, match=r"no folder .*gone.*DATASET/<class>/<image>"):
        list_dataset(root / "gone")


def test_a_file_is_an_error(root):
    put(root, "one.zip")
    with pytest.raises(DatasetError, match=r"one\.zip is a file"):
        list_dataset(root / "one.zip")


def test_no_class_folders_is_an_error(root):
    with pytest.raises(DatasetError, match=r"no class folders: expected DATASET/<class>/<image>"):
        list_dataset(root)


def test_images_directly_in_the_folder_are_named_in_the_error(root):
    put(root, "1.jpg", "2.jpg", "notes.txt")
    with pytest.raises(DatasetError, match="found 2 images directly in it"):
        list_dataset(root)


def test_class_folders_without_an_image_are_an_error_that_says_what_was_found(root):
    put(root, "cat/notes.txt", "dog/notes.txt")
    with pytest.raises(DatasetError, match=r"no image in the 2 class folders .*cat/notes\.txt .* and 1 more"):
        list_dataset(root)


def test_one_class_is_enough(root):
    put(root, "cat/1.jpg")
    assert list_dataset(root).classes == ("cat",)


# Outputs


@pytest.mark.parametrize("output", ["photos", "photos/out", "photos/cat/out/deep", "photos/../photos", "link/x"])
def test_an_output_in_the_data_set_is_refused(root, output):
    put(root, "cat/1.jpg")
    (root.parent / "link").symlink_to(root)
    with pytest.raises(DatasetError, match="choose a folder outside"):
        check_output(root, root.parent / output)


def test_an_output_in_a_class_folder_that_is_linked_is_refused(root, tmp_path):
    put(tmp_path, "elsewhere/1.jpg")
    (root / "cat").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DatasetError, match="lies inside the data set"):
        check_output(root, tmp_path / "elsewhere/out")


@pytest.mark.parametrize("folder", ["JPEGImages", "Annotations/mine", ".autoannot"])
def test_a_data_set_where_files_are_written_is_refused(tmp_path, folder):
    put(tmp_path / "out" / folder, "cat/1.jpg")
    with pytest.raises(DatasetError, match="written in the output"):
        check_output(tmp_path / "out" / folder, tmp_path / "out")


@pytest.mark.parametrize("output", ["photos-annotated", "photos2", ".", "new/deep", "loop"])
def test_other_outputs_are_fine(root, output):
    put(root, "cat/1.jpg")
    (root.parent / "loop").symlink_to("loop")
    check_output(root, root.parent / output)


@pytest.mark.parametrize(
    ("given_root", "expected"),
    [
        ("photos", "photos-annotated"),
        ("photos/", "photos-annotated"),
        ("photos/.", "photos-annotated"),
        ("photos/cat/..", "photos-annotated"),
        ("photos/cat", "photos/cat-annotated"),
        ("link", "link-annotated"),
        ("my.photos", "my.photos-annotated"),
    ],
)
def test_the_output_lies_beside_the_data_set(root, monkeypatch, given_root, expected):
    put(root, "cat/1.jpg")
    (root.parent / "link").symlink_to(root)
    monkeypatch.chdir(root.parent)
    assert default_output(type(root)(given_root)) == root.parent / expected
    assert default_output(root.parent / given_root) == root.parent / expected


@pytest.mark.parametrize(("inside", "given_root"), [("photos", "."), ("photos/cat", "..")])
def test_the_output_lies_beside_the_data_set_one_stands_in(root, monkeypatch, inside, given_root):
    put(root, "cat/1.jpg")
    monkeypatch.chdir(root.parent / inside)
    assert default_output(type(root)(given_root)) == root.parent / "photos-annotated"


def test_the_top_of_the_file_system_has_no_place_beside_it(root):
    with pytest.raises(DatasetError, match="--output"):
        default_output(type(root)("/"))
