"""Files item by item give what a whole parse gives, whatever size the pieces are."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annot_core.readers.json_items import JsonError, json_items

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def gathered(path: Path, chunk: int) -> dict[str, Any]:
    """Put the items together again."""
    found: dict[str, Any] = {}
    for key, index, item in json_items(path, chunk):
        if index < 0:
            found[key] = item
        else:
            assert index == len(found[key])
            found[key].append(item)
    return found


@given(st.dictionaries(st.text(), VALUES, max_size=4), st.integers(20, 60), st.sampled_from([None, 1]), st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_items_are_those_of_the_whole(
    tmp_path: Path, value: dict[str, Any], chunk: int, indent: int | None, ascii_only: bool
) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass"))
    if not ascii_only and any("\ud800" <= char <= "\udfff" for char in json.dumps(value, ensure_ascii=False)):
        return

    assert gathered(path, chunk) == value


@pytest.mark.parametrize("chunk", range(20, 32))
@pytest.mark.parametrize("number", ["-0.0", "1.5", "2e-3", "12", "-7.25E+2", "true"])
def test_values_that_a_piece_cuts_in_two_are_whole(tmp_path: Path, chunk: int, number: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(f'{{"a": [{number}, {number}, {number}, {number}], "b": {number}}}')

    assert gathered(path, chunk) == json.loads(path.read_text())


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_are_no_matter(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes('{"images": ["\u732b"]}'.encode(encoding))

    assert gathered(path, 20) == {"images": ["\u732b"]}


def test_bytes_that_are_no_text_stay_as_they_are_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b'{"name": "\xff"}')

    assert gathered(path, 20) == {"name": "\udcff"}


@pytest.mark.parametrize("chunk", [20, 1 << 20])
@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("", 1, id="empty"),
        pytest.param("[1]", 1, id="a list"),
        pytest.param('{"a": [1, 2,\n\n3', 3, id="cut off"),
        pytest.param('{"a": [1,\n2 3]}', 2, id="no comma"),
        pytest.param('{"a":\n [{"b": 1,\n "c" 2}]}', 3, id="no colon inside"),
        pytest.param('{"a": 1}\n\nmore', 3, id="more behind it"),
        pytest.param("{\n1: 2}", 2, id="a name without quotes"),
        pytest.param('{"a": "' + "x" * 100 + '\n"}', 1, id="line end in a text"),
        pytest.param('{"a": ' + "[" * 100_000, 1, id="deep"),
    ],
)
def test_what_is_no_json_is_told_with_its_line(tmp_path: Path, text: str, line: int, chunk: int) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)

    with pytest.raises(JsonError) as caught:
        gathered(path, chunk)
    assert caught.value.line == line


def test_what_came_before_an_error_is_given(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"a": [1, 2, oops]}')
    items = json_items(path)

    assert [next(items) for _ in range(3)] == [("a", -1, []), ("a", 0, 1), ("a", 1, 2)]
    with pytest.raises(JsonError):
        next(items)


def test_a_large_file_is_never_whole_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    row = json.dumps({"id": 1, "segmentation": [[0.5] * 200]})
    with path.open("w") as file:
        file.write('{"annotations": [')
        file.write(",\n".join([row] * 2000))
        file.write("]}")
    tracemalloc.start()
    try:
        count = sum(index >= 0 for _, index, _ in json_items(path, 1 << 14))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert count == 2000
    assert peak * 8 < path.stat().st_size
