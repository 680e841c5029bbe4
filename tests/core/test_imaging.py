"""Decoding: every mode, every orientation, every way a file can be bad."""

import contextlib
import io
import os
import struct
import threading
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile, TiffImagePlugin

from annot_core import imaging
from annot_core.errors import ImageError
from annot_core.imaging import Header, content_hash, peek, peek_size, read_image, resize, upright_jpeg
from annot_core.jpeg import exif_orientation, without_orientation

ORIENTATION = 0x0112
RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)
TURN_BACK = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, 1),
    7: lambda a: np.rot90(a, 2).swapaxes(0, 1),
    8: lambda a: np.rot90(a, -1),
}
"""How a camera that states an orientation has stored an upright picture (Exif 2.32, table 6)."""


def scene(width=48, height=32):
    """Draw a smooth picture without any symmetry, which JPEG keeps within a few levels."""
    y, x = np.mgrid[0:height, 0:width]
    bands = [255 * x / width, 255 * y / height, 255 * (x + 2 * y) / (width + 2 * height)]
    return np.stack(bands, axis=-1).astype(np.uint8)


def encoded(image, format_, **options):
    buffer = io.BytesIO()
    if not isinstance(image, Image.Image):
        image = Image.fromarray(image)
    image.save(buffer, format_, **options)
    return buffer.getvalue()


MAKER, SOFTWARE = {0x010F: "A maker of cameras"}, {0x0131: "software"}


def exif_of(orientation, order="<"):
    """Return an EXIF record whose orientation has entries before and behind it."""
    exif = Image.Exif()
    exif.endian = order
    for tag, value in (MAKER | {ORIENTATION: orientation} | SOFTWARE).items():
        exif[tag] = value
    return exif.tobytes()


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a file and returns where."""

    def write_file(content, name="picture.jpg"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write_file


def levels_apart(one, other):
    return np.abs(one.astype(int) - other.astype(int)).max()


# Good files


def test_pixels_are_rgb_contiguous_and_read_only(write):
    decoded = read_image(write(encoded(scene(), "PNG")))
    assert decoded.pixels.dtype == np.uint8
    assert decoded.pixels.flags.c_contiguous
    assert not decoded.pixels.flags.writeable
    np.testing.assert_array_equal(decoded.pixels, scene())
    assert decoded.size == (48, 32)


def test_the_content_is_the_hash_of_the_bytes(write):
    data = encoded(scene(), "PNG")
    one, other = write(data, "a.png"), write(data + b"\0", "b.png")
    assert read_image(one).content == content_hash(one)
    assert content_hash(one) != content_hash(other)


@pytest.mark.parametrize("format_", ["PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM", "JPEG2000", "TGA", "SGI"])
def test_a_wrong_ending_does_not_matter(write, format_):
    options = {"lossless": True} if format_ == "WEBP" else {}
    path = write(encoded(Image.new("RGB", (9, 7), RED), format_, **options), "picture.jpg")
    assert read_image(path).pixels[3, 3].tolist() == list(RED)
    assert peek_size(path) == (9, 7)


@pytest.mark.parametrize("place", ["before the pixels", "behind the pixels"])
@pytest.mark.parametrize("orientation", TURN_BACK)
def test_png_is_turned_upright_wherever_its_exif_lies(write, orientation, place):
    data = encoded(np.ascontiguousarray(TURN_BACK[orientation](scene())), "PNG", exif=exif_of(orientation))
    if place == "behind the pixels":
        at = data.index(b"eXIf") - 4
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        data = data[:at] + data[end:-12] + data[at:end] + data[-12:]
    path = write(data)
    np.testing.assert_array_equal(read_image(path).pixels, scene())
    assert peek(path) == Header((48, 32), orientation)
    assert peek_size(path) == (48, 32)


@pytest.mark.parametrize(
    ("format_", "options", "tolerance"),
    [
        ("JPEG", {"quality": 98, "subsampling": 0}, 6),
        ("WEBP", {"lossless": True}, 0),
        ("TIFF", {}, 0),
        ("TIFF", {"compression": "tiff_lzw"}, 0),
    ],
    ids=["jpeg", "webp", "tiff", "tiff-lzw"],
)
@pytest.mark.parametrize("orientation", TURN_BACK)
def test_every_orientation_is_turned_upright(write, orientation, format_, options, tolerance):
    stored = np.ascontiguousarray(TURN_BACK[orientation](scene()))
    exif = exif_of(orientation) if format_ != "TIFF" else b""
    tags = {"tiffinfo": {ORIENTATION: orientation}} if format_ == "TIFF" else {"exif": exif}
    path = write(encoded(stored, format_, **options, **tags))
    decoded = read_image(path)
    assert decoded.size == peek_size(path) == (48, 32)
    assert levels_apart(decoded.pixels, scene()) <= tolerance


@pytest.mark.parametrize(
    "exif",
    [
        b"",
        b"Exif\0\0",
        b"Exif\0\0not a record",
        exif_of(6)[:20],
        exif_of(0),
        exif_of(9),
        exif_of(6)[:10] + b"\xff\xff\xff\xff" + exif_of(6)[14:],
    ],
    ids=["none", "mark", "junk", "cut", "zero", "nine", "beyond the end"],
)
def test_broken_exif_counts_as_upright(write, exif):
    for format_ in ("JPEG", "PNG", "WEBP"):
        path = write(encoded(scene(), format_, exif=exif))
        assert read_image(path).size == peek_size(path) == (48, 32)


def test_a_tiff_with_a_broken_sub_record_is_decoded(write):
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[0x8769] = 0x7FFFFFF0
    path = write(encoded(scene(), "TIFF", tiffinfo=tags))
    np.testing.assert_array_equal(read_image(path).pixels, scene())


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_an_orientation_in_xmp_alone_is_not_gone_by(write, format_):
    xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    data = encoded(scene(), format_)
    if format_ == "TIFF":
        data = encoded(scene(), format_, tiffinfo={700: xmp})
    elif format_ == "JPEG":
        body = b"http://ns.adobe.com/xap/1.0/\0" + xmp
        data = data[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[2:]
    elif format_ == "PNG":
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", xmp.decode())
        data = encoded(scene(), format_, pnginfo=info)
    else:
        data = encoded(scene(), format_, xmp=xmp)
    path = write(data)
    assert read_image(path).pixels.shape == (32, 48, 3)
    assert peek_size(path) == (48, 32)


# Color modes


def lab_image(color):
    bands = [Image.new("L", (8, 8), level) for level in color]
    return Image.merge("LAB", bands)


def palette_image():
    image = Image.new("P", (8, 8), 1)
    image.putpalette([*BLUE, *RED])
    return image


@pytest.mark.parametrize(
    ("image", "format_", "options", "expected"),
    [
        (Image.new("1", (8, 8), 1), "PNG", {}, WHITE),
        (Image.new("L", (8, 8), 77), "PNG", {}, (77, 77, 77)),
        (Image.new("L", (8, 8), 77), "PNG", {"transparency": 77}, WHITE),
        (Image.new("LA", (8, 8), (100, 51)), "PNG", {}, (224, 224, 224)),
        (Image.new("RGB", (8, 8), RED).convert("P"), "PNG", {}, RED),
        (palette_image(), "PNG", {"transparency": bytes([255, 0])}, WHITE),
        (palette_image(), "GIF", {"transparency": 1}, WHITE),
        (Image.new("RGBA", (8, 8), (255, 0, 0, 0)), "PNG", {}, WHITE),
        (Image.new("RGBA", (8, 8), (0, 0, 255, 51)), "PNG", {}, (204, 204, 255)),
        (Image.new("RGB", (8, 8), RED), "PNG", {"transparency": RED}, WHITE),
        (Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "TIFF", {}, RED),
        (Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", {"quality": 100}, RED),
        (lab_image((255, 128, 128)), "TIFF", {}, WHITE),
        (lab_image((136, 208, 195)), "TIFF", {}, RED),
        (Image.new("I;16", (8, 8), 30_000), "PNG", {}, (117, 117, 117)),
        (Image.new("I;16", (8, 8), 65_535), "TIFF", {}, WHITE),
        (Image.new("I;16", (8, 8), 200), "PNG", {}, (1, 1, 1)),
        (Image.new("I", (8, 8), 30_000), "TIFF", {}, (117, 117, 117)),
        (Image.new("I", (8, 8), 200), "TIFF", {}, (200, 200, 200)),
        (Image.new("F", (8, 8), 0.5), "TIFF", {}, (128, 128, 128)),
        (Image.new("F", (8, 8), 200.0), "TIFF", {}, (200, 200, 200)),
        (Image.new("F", (8, 8), float("nan")), "TIFF", {}, (0, 0, 0)),
    ],
    ids=lambda value: f"{value.mode}" if isinstance(value, Image.Image) else None,
)
def test_every_mode_becomes_rgb(write, image, format_, options, expected):
    decoded = read_image(write(encoded(image, format_, **options)))
    assert decoded.pixels.shape == (8, 8, 3)
    assert levels_apart(decoded.pixels[4, 4], np.array(expected)) <= 2


def test_a_dark_16_bit_pgm_stays_dark(write):
    path = write(b"P5 4 4 65535\n" + struct.pack(">H", 200) * 16)
    assert np.unique(read_image(path).pixels).tolist() == [1]


@pytest.mark.parametrize("format_", ["GIF", "PNG", "WEBP", "TIFF"])
def test_the_first_frame_of_an_animation_is_taken(write, format_):
    frames = [Image.new("RGB", (8, 8), color) for color in (RED, BLUE)]
    options = {"lossless": True} if format_ == "WEBP" else {}
    data = encoded(frames[0], format_, save_all=True, append_images=frames[1:], **options)
    assert read_image(write(data)).pixels[4, 4].tolist() == list(RED)


# Decoding smaller


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize(
    ("fit", "expected"),
    [((100, 60), (100, 75)), ((101, 60), (200, 150)), ((50, 75), (100, 75)), ((4000, 10), (800, 600))],
    ids=["an eighth", "a fourth", "by height", "larger than the image"],
)
def test_a_jpeg_is_decoded_smaller_but_not_too_small(write, fit, expected, orientation):
    stored = np.ascontiguousarray(TURN_BACK[orientation](scene(800, 600)))
    path = write(encoded(stored, "JPEG", exif=exif_of(orientation)))
    decoded = read_image(path, fit=fit)
    assert decoded.size == (800, 600)
    assert decoded.pixels.shape == (expected[1], expected[0], 3)


def test_other_formats_are_decoded_in_full(write):
    assert read_image(write(encoded(scene(), "PNG")), fit=(4, 4)).pixels.shape == (32, 48, 3)


def test_a_size_without_pixels_cannot_be_fitted(write):
    with pytest.raises(ValueError, match="at least 1 x 1"):
        read_image(write(encoded(scene(), "PNG")), fit=(0, 4))


# Bad files


def refusal(path, **options):
    """Return the reason that every reader gives for a file, and see that they agree on refusing."""
    with pytest.raises(ImageError):
        upright_jpeg(path, **options)
    with pytest.raises(ImageError) as caught:
        read_image(path, **options)
    assert str(path) not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"hello", "not an image"),
        (b"<html>404</html>" * 50, "not an image"),
        (bytes(5000), "not an image"),
        (b"\xff\xd8\xff\xe0", "not an image"),
        (b"\x89PNG\r\n\x1a\n", "not an image"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image"),
    ],
    ids=["empty", "text", "page", "zeros", "only a mark", "only a png mark", "a program"],
)
def test_what_is_no_image_is_refused(write, content, reason):
    assert reason in refusal(write(content))


@pytest.mark.parametrize(
    ("format_", "options"),
    [
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("PNG", {}),
        ("GIF", {}),
        ("BMP", {}),
        ("WEBP", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("PPM", {}),
        ("JPEG2000", {}),
    ],
    ids=lambda value: "-".join(map(str, value)) if isinstance(value, dict) else value,
)
def test_a_truncated_file_is_an_error_wherever_it_ends(write, format_, options):
    noise = np.random.default_rng(5).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    data = encoded(noise, format_, **options)
    for share in np.linspace(0.02, 0.98, 17):
        assert refusal(write(data[: int(len(data) * share)]))


def test_the_reason_says_truncated(write):
    data = encoded(scene(400, 300), "JPEG")
    assert "truncated" in refusal(write(data[: len(data) // 2]))


def test_a_truncated_file_stays_an_error_where_a_library_allows_it(write, monkeypatch):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    data = encoded(scene(400, 300), "JPEG")
    assert "truncated" in refusal(write(data[: len(data) // 2]))
    assert ImageFile.LOAD_TRUNCATED_IMAGES is True


def png_header(width, height):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc32(kind + body))

    from zlib import compress, crc32

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def bmp_header(width, height):
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + head + bytes(100)


@pytest.mark.parametrize(
    ("content", "pixels"),
    [
        (png_header(100_000, 100_000), "10,000,000,000"),
        (png_header(20_000, 10_001), "200,020,000"),
        (bmp_header(60_000, 60_000), "3,600,000,000"),
        (b"P6\n50000 50000\n255\n" + bytes(100), "2,500,000,000"),
    ],
    ids=["png", "just over", "bmp", "ppm"],
)
def test_a_header_over_the_limit_is_refused_before_anything_is_allocated(write, monkeypatch, content, pixels):
    def allocate(*_):
        raise AssertionError("pixels were allocated")

    monkeypatch.setattr(ImageFile.ImageFile, "load_prepare", allocate)
    path = write(content)
    assert f"{pixels} pixels, and the limit is 200,000,000" in refusal(path)
    with pytest.raises(ImageError, match="limit"):
        peek_size(path)


def test_the_limit_is_the_last_size_that_is_allowed(write):
    path = write(encoded(scene(), "PNG"))
    assert read_image(path, max_pixels=48 * 32).size == (48, 32)
    assert "1,536 pixels, and the limit is 1,535" in refusal(path, max_pixels=48 * 32 - 1)


def test_a_file_that_is_far_too_large_is_not_read_into_memory(write, monkeypatch):
    monkeypatch.setattr(imaging, "_SPARE_BYTES", 0)
    assert "over 160 bytes" in refusal(write(encoded(scene(), "PNG")), max_pixels=10)


def test_pillow_keeps_its_own_limit_and_says_nothing(write, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    filters = list(warnings.filters)
    assert read_image(write(encoded(scene(), "PNG"))).size == (48, 32)
    assert Image.MAX_IMAGE_PIXELS == 100
    assert warnings.filters == filters


def test_settings_are_put_back_after_many_threads_have_decoded(write, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    filters = list(warnings.filters)
    good, bad = write(encoded(scene(), "PNG"), "good.png"), write(b"no", "bad.png")
    sizes = []

    def decode():
        for _ in range(15):
            sizes.append(read_image(good).size)
            with pytest.raises(ImageError):
                read_image(bad)

    threads = [threading.Thread(target=decode) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sizes == [(48, 32)] * 60
    assert Image.MAX_IMAGE_PIXELS == 100
    assert warnings.filters == filters


@pytest.mark.parametrize("read", [read_image, upright_jpeg, peek_size, content_hash])
def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path, read):
    pipe = tmp_path / "pipe.jpg"
    os.mkfifo(pipe)
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    (tmp_path / "nowhere.jpg").symlink_to("gone")
    cases = {
        "pipe.jpg": "pipe",
        ".": "folder",
        "missing.jpg": "gone",
        "nowhere.jpg": "gone",
        "loop.jpg": "leads back to itself",
        "nul\0.jpg": "name cannot be used",
        "/dev/zero": "device",
    }
    for name, reason in cases.items():
        with pytest.raises(ImageError, match=reason):
            read(os.path.join(tmp_path, name))  # noqa: PTH118


@pytest.mark.usefixtures("bound_by_permissions")
def test_a_file_without_permission_is_refused(write):
    path = write(encoded(scene(), "PNG"))
    path.chmod(0)
    assert "no permission to read the file" in refusal(path)


def test_a_refusal_of_the_system_is_a_reason(write, monkeypatch):
    path = write(encoded(scene(), "PNG"))

    def deny(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", deny)
    assert "no permission" in refusal(path)


@pytest.mark.parametrize(
    "error",
    [struct.error("x"), SyntaxError("x"), OverflowError("x"), KeyError("x"), MemoryError(), EOFError()],
    ids=lambda error: type(error).__name__,
)
def test_whatever_a_codec_raises_is_an_image_error(write, monkeypatch, error):
    def fail(*_):
        raise error

    path = write(encoded(scene(), "PNG"))
    monkeypatch.setattr(ImageFile.ImageFile, "load", fail)
    assert refusal(path)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damaged_bytes_decode_or_are_an_image_error(tmp_path_factory, data):
    format_ = data.draw(st.sampled_from(["JPEG", "PNG", "GIF", "TIFF", "WEBP", "BMP"]))
    content = bytearray(encoded(scene(), format_, exif=exif_of(6)) if format_ != "BMP" else bmp_header(9, 9))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("damaged") / "picture"
    path.write_bytes(content)
    try:
        decoded = read_image(path, max_pixels=1_000_000)
    except ImageError:
        return
    assert decoded.pixels.shape == (decoded.size[1], decoded.size[0], 3)
    assert peek_size(path) == decoded.size


# Upright JPEGs


def decoded_jpeg(data):
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == "JPEG"
        assert image.mode == "RGB"
        assert ORIENTATION not in image.getexif()
        return np.asarray(image)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 30}, {"comment": b"hello"}])
def test_an_upright_jpeg_is_copied_byte_for_byte(write, options):
    data = encoded(scene(), "JPEG", **options)
    assert upright_jpeg(write(data, "misnamed.png")) == data


@pytest.mark.parametrize("orientation", [1, 0, 9, 65_535])
@pytest.mark.parametrize("order", ["<", ">"])
def test_a_tag_that_says_nothing_is_cut_out_and_no_pixel_changes(write, order, orientation):
    data = encoded(scene(), "JPEG", exif=exif_of(orientation, order))
    result = upright_jpeg(write(data))
    assert len(result) == len(data)
    np.testing.assert_array_equal(decoded_jpeg(result), decoded_jpeg(without_orientation(data)))
    with Image.open(io.BytesIO(data)) as before, Image.open(io.BytesIO(result)) as after:
        np.testing.assert_array_equal(np.asarray(before), np.asarray(after))
        assert before.getexif()[ORIENTATION] == orientation
        assert dict(after.getexif()) == MAKER | SOFTWARE


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_both_byte_orders_tell_the_orientation(orientation, order):
    assert exif_orientation(exif_of(orientation, order)) == orientation


@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_turned_jpeg_is_turned_upright_and_loses_its_exif(write, orientation):
    stored = np.ascontiguousarray(TURN_BACK[orientation](scene()))
    result = upright_jpeg(write(encoded(stored, "JPEG", exif=exif_of(orientation), quality=98)))
    assert levels_apart(decoded_jpeg(result), scene()) <= 12
    assert b"Exif" not in result


@pytest.mark.parametrize(
    ("image", "format_"),
    [
        (Image.new("L", (8, 8), 90), "JPEG"),
        (Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG"),
        (Image.new("RGBA", (8, 8), (0, 0, 0, 0)), "PNG"),
        (Image.new("RGB", (8, 8), RED), "GIF"),
    ],
    ids=["gray", "cmyk", "alpha", "gif"],
)
def test_what_is_no_rgb_jpeg_is_encoded_as_one(write, image, format_):
    path = write(encoded(image, format_))
    result = upright_jpeg(path)
    assert levels_apart(decoded_jpeg(result), read_image(path).pixels) <= 2
    assert upright_jpeg(path) == result


def test_encoding_keeps_a_color_profile_and_drops_comments(write):
    profile = bytes(16) + b"RGB " + bytes(108)
    result = upright_jpeg(write(encoded(Image.new("RGB", (8, 8)), "PNG", icc_profile=profile)))
    with Image.open(io.BytesIO(result)) as image:
        assert image.info["icc_profile"] == profile
    turned = encoded(scene(), "JPEG", exif=exif_of(3), comment=b"a secret")
    assert b"a secret" not in upright_jpeg(write(turned))


def test_encoding_drops_the_profile_of_other_colors(write):
    profile = bytes(16) + b"CMYK" + bytes(108)
    result = upright_jpeg(write(encoded(Image.new("CMYK", (8, 8)), "JPEG", icc_profile=profile)))
    with Image.open(io.BytesIO(result)) as image:
        assert "icc_profile" not in image.info


def test_a_side_longer_than_jpeg_allows_is_refused(write):
    with pytest.raises(ImageError, match="65500"):
        upright_jpeg(write(encoded(Image.new("1", (70_000, 2)), "PNG")))


@pytest.mark.parametrize("quality", [0, 101])
def test_a_quality_that_does_not_exist_is_refused(write, quality):
    with pytest.raises(ValueError, match="1 to 100"):
        upright_jpeg(write(encoded(scene(), "JPEG")), quality=quality)


@st.composite
def damaged_exif(draw):
    """An EXIF record whose byte order still can be told, with a few bytes behind that changed."""
    exif = bytearray(exif_of(draw(st.integers(0, 10))))
    for _ in range(draw(st.integers(1, 4))):
        exif[draw(st.integers(10, len(exif) - 1))] = draw(st.integers(0, 255))
    return bytes(exif)


@settings(max_examples=60, deadline=None)
@given(exif=damaged_exif(), format_=st.sampled_from(["JPEG", "PNG", "WEBP"]))
def test_damage_to_exif_never_costs_the_picture(tmp_path_factory, exif, format_):
    path = tmp_path_factory.mktemp("exif") / "picture"
    path.write_bytes(encoded(scene(8, 4), format_, exif=exif))
    decoded = read_image(path)
    assert decoded.size == peek_size(path) == decoded.pixels.shape[1::-1]


@settings(max_examples=60, deadline=None)
@given(exif=damaged_exif())
def test_no_reader_finds_a_tag_that_was_cut_out_of_a_damaged_record(exif):
    data = without_orientation(encoded(scene(8, 4), "JPEG", exif=exif))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = Image.Exif()
        with Image.open(io.BytesIO(data)) as image, contextlib.suppress(Exception):
            found.load(image.info["exif"])
        assert ORIENTATION not in found


@given(st.binary(max_size=80))
def test_any_bytes_have_an_orientation(exif):
    for mark in (b"", b"Exif\0\0", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"):
        assert exif_orientation(mark + exif) in range(1, 9)


@given(st.binary(max_size=80))
def test_cutting_the_tag_out_keeps_the_length_and_needs_no_second_time(body):
    mark = b"\xff\xd8\xff\xe1" + struct.pack(">H", 16 + len(body)) + b"Exif\0\0II*\0\x08\0\0\0"
    once = without_orientation(mark + body)
    assert len(once) == len(mark + body)
    assert without_orientation(once) == once


# Resizing


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_shrinking_by_whole_numbers_takes_the_mean_of_each_area(across, down, seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (4 * down, 5 * across, 3), dtype=np.uint8)
    means = pixels.reshape(4, down, 5, across, 3).mean(axis=(1, 3))
    assert np.abs(resize(pixels, (5, 4)) - means).max() <= 1


def test_shrinking_one_side_while_the_other_grows_does_not_alias():
    stripes = np.zeros((10, 640, 3), np.uint8)
    stripes[:, ::2] = 200
    assert levels_apart(resize(stripes, (64, 40)), np.array(100)) <= 1


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 40), st.integers(1, 40), st.integers(0, 255))
def test_a_flat_picture_stays_flat_in_any_size(width, height, to_width, to_height, level):
    result = resize(np.full((height, width, 3), level, np.uint8), (to_width, to_height))
    assert result.shape == (to_height, to_width, 3)
    assert np.unique(result).tolist() == [level]


def test_resizing_returns_a_new_array_and_leaves_the_old_one():
    pixels = scene()
    same = resize(pixels, (48, 32))
    np.testing.assert_array_equal(same, pixels)
    assert not np.shares_memory(same, pixels)


def test_resizing_to_nothing_is_refused():
    with pytest.raises(ValueError, match="at least 1 x 1"):
        resize(scene(), (0, 5))
