from __future__ import annotations

import pytest

from annot_core.readers.data_yaml import Value, YamlError, parse_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("a: b\nc: 1", {"a": "b", "c": "1"}, id="scalars"),
        pytest.param("# head\n---\na: b # c\n\n...\n", {"a": "b"}, id="comments and markers"),
        pytest.param("a: b#c", {"a": "b#c"}, id="a hash inside a word"),
        pytest.param("a:\n  - x\n  - y z\n", {"a": ["x", "y z"]}, id="list"),
        pytest.param("a:\n- x\n- y\nb: c", {"a": ["x", "y"], "b": "c"}, id="list that is not indented"),
        pytest.param("a:\n  0: x\n  1: y\n", {"a": {"0": "x", "1": "y"}}, id="map"),
        pytest.param("a: [x, 'y, z', \"w\"]", {"a": ["x", "y, z", "w"]}, id="brackets"),
        pytest.param("a: [x,\n    y, # why\n    z]\nb: c", {"a": ["x", "y", "z"], "b": "c"}, id="brackets over lines"),
        pytest.param("a: [\n  'x',\n  'y'\n]", {"a": ["x", "y"]}, id="a bracket a line"),
        pytest.param("a: {0: x, 1: 'y: z'}", {"a": {"0": "x", "1": "y: z"}}, id="braces"),
        pytest.param("a: [[1, 2], {b: c}]", {"a": [["1", "2"], {"b": "c"}]}, id="brackets in brackets"),
        pytest.param("a: []\nb: {}", {"a": [], "b": {}}, id="empty brackets"),
        pytest.param("a:\nb: c", {"a": "", "b": "c"}, id="nothing"),
        pytest.param("a: [no, on, 1, ~]", {"a": ["no", "on", "1", "~"]}, id="words stay words"),
        pytest.param("a: 'it''s'\nb: \"t\\tq\\\"\\u00e9\"", {"a": "it's", "b": 't\tq"\u00e9'}, id="quotes"),
        pytest.param("'a b': c\n\"d\": e", {"a b": "c", "d": "e"}, id="names in quotes"),
        pytest.param("a: C:\\data\nb: http://x/y", {"a": "C:\\data", "b": "http://x/y"}, id="colons in words"),
        pytest.param("a:\n  b:\n    - c\n  d: e\nf: g", {"a": {"b": ["c"], "d": "e"}, "f": "g"}, id="deep"),
        pytest.param("a: it's # x\nb: l'x", {"a": "it's", "b": "l'x"}, id="an apostrophe"),
        pytest.param("a: x [y\nb: z", {"a": "x [y", "b": "z"}, id="a bracket in a word"),
    ],
)
def test_what_data_sets_are_described_in_is_read(text: str, value: dict[str, Value]) -> None:
    assert parse_yaml(text) == value


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("", 1, id="empty"),
        pytest.param("- a\n- b", 1, id="a list"),
        pytest.param("a: b\nc", 2, id="no colon"),
        pytest.param("a: b\nc: [d, e\nf: g", 2, id="open bracket"),
        pytest.param("a: [b]]", 1, id="too many brackets"),
        pytest.param("a: {b c}", 1, id="no colon in braces"),
        pytest.param("a:\n\tb: c", 2, id="tab"),
        pytest.param("a: b\n   c: d", 2, id="indentation"),
        pytest.param("a: " + "[" * 50 + "]" * 50, 1, id="too deep"),
    ],
)
def test_what_is_not_understood_is_told_with_its_line(text: str, line: int) -> None:
    with pytest.raises(YamlError, match="expected") as caught:
        parse_yaml(text)
    assert caught.value.line == line
