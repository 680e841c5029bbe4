"""Which GPUs a CUDA program would see, on machines that have none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from annot_core.engine import gpus
from annot_core.engine.gpus import find_gpus, gpu_environment

LISTED = "GPU-2c1b0f0a-0000-0000-0000-000000000001\nGPU-2c1b0f0a-0000-0000-0000-000000000002\n"


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a program that stands in for nvidia-smi can be put; there is none at first."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    return tmp_path / "bin" / "nvidia-smi"


def write_program(path: Path, text: str) -> None:
    path.write_text(f"#!{sys.executable}\n{text}\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", ()),
        ("-1", ()),
        ("NoDevFiles", ()),
        ("0", ("0",)),
        ("0,1", ("0", "1")),
        ("3, 1 ,2", ("3", "1", "2")),
        ("0,-1,1", ("0",)),
        ("0,,1", ("0",)),
        ("1,1,0", ("1", "0")),
        ("GPU-8932f937,GPU-2c1b", ("GPU-8932f937", "GPU-2c1b")),
        ("MIG-GPU-8932f937/1/0,MIG-b2f4", ("MIG-GPU-8932f937/1/0", "MIG-b2f4")),
    ],
)
def test_what_the_variable_says_holds(program: Path, value: str, expected: tuple[str, ...]) -> None:
    write_program(program, f"print({LISTED!r})")
    assert find_gpus({"CUDA_VISIBLE_DEVICES": value}) == expected


def test_gpus_are_those_that_nvidia_smi_lists(program: Path, tmp_path: Path) -> None:
    write_program(
        program,
        f"import sys; assert sys.argv[1:] == ['--query-gpu=uuid', '--format=csv,noheader']; print({LISTED!r}, end='')",
    )
    assert find_gpus({}, driver=tmp_path / "none") == tuple(LISTED.split())


NO_DRIVER = "print('NVIDIA-SMI has failed because it could not communicate with the driver'); raise SystemExit(9)"


@pytest.mark.parametrize(
    "text", [None, NO_DRIVER, "print('No devices were found')", "import time; time.sleep(60)"], ids=range(4)
)
def test_without_an_answer_the_drivers_folder_counts(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None
) -> None:
    monkeypatch.setattr(gpus, "QUERY_TIMEOUT_S", 0.5)
    if text is not None:
        write_program(program, text)
    assert find_gpus({}, driver=tmp_path / "driver") == ()
    for place in ("0000:3b:00.0", "0000:86:00.0"):
        (tmp_path / "driver" / place).mkdir(parents=True)
    assert find_gpus({}, driver=tmp_path / "driver") == ("0", "1")


def test_a_process_sees_one_gpu_by_the_numbers_that_it_was_found_with() -> None:
    assert gpu_environment("2", {"CUDA_VISIBLE_DEVICES": "2,3"}) == {"CUDA_VISIBLE_DEVICES": "2"}
    found = gpu_environment("1", {})
    assert found == {"CUDA_VISIBLE_DEVICES": "1", "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}


def test_looking_for_gpus_imports_no_network() -> None:
    script = "import sys; from annot_core.engine.gpus import find_gpus; find_gpus(); print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert {"tensorflow", "keras", "jax", "numpy"}.isdisjoint(said)
