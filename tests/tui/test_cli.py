"""The command line, from outside: what it prints, what it imports, how it ends."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tui.cli import main

README = Path(__file__).parents[2] / "README.md"
HEAVY = {"tensorflow", "keras", "GPyOpt", "GPy", "matplotlib", "textual", "numpy", "cv2"}


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys\nfrom tui.cli import main\n"
        "try:\n    main(['review', '--help'])\nexcept SystemExit:\n    pass\n"
        "print('MODULES', *sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.rpartition("MODULES ")[2].split())
    assert "tui.cli" in loaded
    assert not HEAVY & loaded


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_option_is_explained_and_named_in_the_readme(command: str) -> None:
    text = README.read_text(encoding="utf-8")
    for option in main.commands[command].params:
        if option.param_type_name == "option":
            assert option.help, option.name  # type: ignore[attr-defined]
            assert any(f"`{name}`" in text for name in option.opts), option.name


def test_readme_begins_with_two_single_lines() -> None:
    text = README.read_text(encoding="utf-8")
    for mark, wanted in (("demo", "autoannot-tui demo --auto-accept"), ("test", "pytest")):
        block = re.search(rf"<!-- {mark} -->\n```\n(.*?)\n```\n<!-- end -->", text, re.DOTALL)
        assert block is not None
        assert "\n" not in block[1]
        assert wanted in block[1]


def test_review_waits_for_its_issue(dataset: Path) -> None:
    result = CliRunner().invoke(main, [str(dataset)])
    assert result.exit_code == 2
    assert "expected --auto-accept" in result.stderr


def test_missing_folder_is_one_sentence(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, [str(tmp_path / "nowhere"), "--auto-accept"])
    assert result.exit_code == 2
    assert result.stderr.startswith("error: there is no folder")
    assert result.stderr.count("\n") == 1


def test_bad_threshold_says_what_is_expected(dataset: Path) -> None:
    result = CliRunner().invoke(main, [str(dataset), "--auto-accept", "--threshold", "3"])
    assert result.exit_code == 2
    assert "between 0 and 1" in result.stderr


@pytest.mark.slow
def test_run_report_and_rerun(dataset: Path, color_model: Path, tmp_path: Path) -> None:
    (dataset / "red" / "broken.png").write_bytes(b"")
    report = tmp_path / "report.json"
    arguments = [str(dataset), "--auto-accept", "--model", str(color_model), "-o", str(tmp_path / "out")]
    first = CliRunner().invoke(main, [*arguments, "--report", str(report)])
    assert first.exit_code == 0, first.output
    told = json.loads(report.read_text(encoding="ascii"))
    assert set(told) >= {"counts", "timings_s", "images"}
    failed = [image for image in told["images"] if image["status"] == "failed"]
    assert [image["source"] for image in failed] == ["red/broken.png"]
    assert failed[0]["reason"]
    kept = [image for image in told["images"] if image["box"] is not None]
    assert kept
    assert set(kept[0]["candidates"][0]) == {"box", "search", "threshold"}
    assert "broken.png" in first.output
    written = _files(tmp_path / "out")
    again = CliRunner().invoke(main, [*arguments, "--strict"])
    assert again.exit_code == 3
    assert _files(tmp_path / "out") == written


@pytest.mark.slow
def test_native_libraries_print_into_the_log_only(dataset: Path, color_model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-c", "from tui.cli import main; main()", str(dataset), "--auto-accept"]
    done = subprocess.run(
        [*command, "--model", str(color_model), "-o", str(out)], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    assert (out / ".autoannot" / "log.txt").exists()


def _files(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".autoannot" not in path.parts
    }
