from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.terminal.answers import Answers, AnswerSplitter, read_answers, read_position

# tmux and screen as they answered here; the others as their documents and sources have it.
RECORDED = {
    "xterm 390": (
        "\x1bP>|XTerm(390)\x1b\\\x1b[6;13;6t\x1bP1$r48:2::1:2:3m\x1b\\\x1bP0+r524742\x1b\\"
        "\x1b[?64;1;2;6;9;15;16;17;18;21;22;28c",
        Answers(True, "XTerm(390)", truecolor=True, cell_size=(6, 13)),
    ),
    "xterm as a vt340": (
        "\x1bP>|XTerm(379)\x1b\\\x1bP1$r0;48:5:16m\x1b\\\x1bP0+r\x1b\\\x1b[?63;1;2;4;6;9;15;22c",
        Answers(True, "XTerm(379)", sixel=True),
    ),
    "kitty": (
        "\x1b_Gi=31;OK\x1b\\\x1bP>|kitty(0.35.2)\x1b\\\x1b[6;20;10t\x1bP1$r48:2:1:2:3m\x1b\\"
        "\x1bP1+r524742=38\x1b\\\x1b[?62;c",
        Answers(True, "kitty(0.35.2)", truecolor=True, kitty=True, cell_size=(10, 20)),
    ),
    "foot": (
        "\x1bP>|foot(1.16.2)\x1b\\\x1b[6;18;9t\x1bP1$r0;48:2:1:2:3m\x1b\\\x1bP1+r524742=382F382F38\x1b\\"
        "\x1b[?62;4;22;28c",
        Answers(True, "foot(1.16.2)", truecolor=True, sixel=True, cell_size=(9, 18)),
    ),
    "wezterm": (
        "\x1b_Gi=31;OK\x1b\\\x1bP>|WezTerm 20240203-110809-5046fc22\x1b\\\x1b[6;22;10t\x1bP1$r0m\x1b\\"
        "\x1bP1+r524742=382f382f38\x1b\\\x1b[?65;4;6;18;22c",
        Answers(
            True,
            "WezTerm 20240203-110809-5046fc22",
            truecolor=True,
            kitty=True,
            sixel=True,
            cell_size=(10, 22),
        ),
    ),
    "iTerm2": (
        "\x1bP>|iTerm2 3.5.10\x1b\\\x1b[6;17;8t\x1bP1$r0;48:2:1:1:2:3m\x1b\\\x1b[?64;1;2;4;6;17;18;21;22c",
        Answers(True, "iTerm2 3.5.10", truecolor=True, sixel=True, cell_size=(8, 17)),
    ),
    "Windows Terminal": (
        "\x1b[6;20;10t\x1bP1$r0;48;2;1;2;3m\x1b\\\x1bP0+r\x1b\\\x1b[?61;4;6;7;14;21;22;23;24;28;32;42c",
        Answers(True, truecolor=True, sixel=True, cell_size=(10, 20)),
    ),
    "tmux 3.3a": ("\x1bP>|tmux 3.3a\x1b\\\x1b[?1;2c", Answers(True, "tmux 3.3a")),
    "screen 4.9": ("\x1b[?1;2c", Answers(True)),
    "one that refuses kitty pictures": (
        "\x1b_Gi=31;ENOTSUPPORTED:no\x1b\\\x1b[?62;22c",
        Answers(True),
    ),
    "one that is silent": ("", Answers()),
    "one with a cell of no size": ("\x1b[6;0;0t\x1b[?6c", Answers(True)),
    "one with a hostile name": ("\x1bP>|a\x07b\n[red]\x1b\\\x1b[?6c", Answers(True, "a\ufffdb\ufffd[red]")),
}

SEQUENCES = [sequence for text, _ in RECORDED.values() for sequence in AnswerSplitter().feed(text)[0]]
TYPED = st.sampled_from(
    ["k", "1", "?", "\x1b[A", "\x1b[1;2P", "\x1b[97;5u", "\x1b[<0;3;4M", "\x1bx", "\x1b[200~é", "猫"]
)
POSITIONS = st.builds("\x1b[{};{}R".format, st.integers(2, 99), st.integers(1, 99))


def split(chunks: list[str]) -> tuple[list[str], str]:
    splitter = AnswerSplitter()
    sequences, typed = [], ""
    for chunk in chunks:
        found, rest = splitter.feed(chunk)
        sequences += found
        typed += rest
    return sequences, typed + splitter.release()


@pytest.mark.parametrize(("text", "answers"), RECORDED.values(), ids=RECORDED)
def test_recorded_answers_are_read(text: str, answers: Answers) -> None:
    sequences, typed = split([text])
    assert typed == ""
    assert read_answers(sequences) == answers


@given(st.data(), st.lists(st.tuples(st.booleans(), st.sampled_from(SEQUENCES) | POSITIONS, TYPED)))
def test_answers_and_keys_are_parted_however_they_are_cut(
    data: st.DataObject, pieces: list[tuple[bool, str, str]]
) -> None:
    text = "".join(answer if is_answer else typed for is_answer, answer, typed in pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)))))
    chunks = [text[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    sequences, typed = split(chunks)
    assert sequences == [answer for is_answer, answer, _ in pieces if is_answer]
    assert typed == "".join(typed for is_answer, _, typed in pieces if not is_answer)


@given(st.lists(st.text(st.sampled_from("\x1b\\[]?;c>|PRGt_+$r01 24an\x07\u732b"))))
def test_garbage_is_neither_lost_nor_doubled_by_cutting(chunks: list[str]) -> None:
    assert split(chunks) == split(["".join(chunks)])


@given(st.text())
def test_whatever_is_no_answer_says_nothing(text: str) -> None:
    assert read_answers([text, f"x{text}\x1b[?6c", f"\x1bP>{text}"]) == Answers()


@pytest.mark.parametrize(
    ("held", "released"),
    [
        ("\x1b", "\x1b"),
        ("\x1bP", "\x1bP"),
        ("\x1b[?62;", "\x1b[?62;"),
        ("\x1bP>|kit", ""),
        ("\x1b_Gi=31;O", ""),
        ("\x1bP1$r48:2\x1b", ""),
    ],
    ids=["escape", "alt and P", "sequence", "name", "kitty", "color"],
)
def test_what_is_given_up_on_is_typed_unless_only_an_answer_begins_so(held: str, released: str) -> None:
    splitter = AnswerSplitter()
    assert splitter.feed(f"k{held}") == ([], "k")
    assert splitter.held == held
    assert splitter.release() == released
    assert splitter.held == ""


@pytest.mark.parametrize(
    ("text", "position"),
    [("\x1b[2;7R", (7, 2)), ("\x1b[?2;7R", None), ("\x1b[1;2P", None), ("", None)],
    ids=["position", "with a page", "key", "nothing"],
)
def test_position_is_read(text: str, position: tuple[int, int] | None) -> None:
    assert read_position(text) == position
