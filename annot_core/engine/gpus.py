"""Which GPUs this process may use, found without loading a library that would begin to use them.

TensorFlow and JAX take hold of every GPU that they see as soon as they are asked about any. A process that hands each
child one GPU must therefore know them from elsewhere, and name them as CUDA does.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

VISIBLE = "CUDA_VISIBLE_DEVICES"
ORDER = "CUDA_DEVICE_ORDER"
QUERY = ("nvidia-smi", "--query-gpu=uuid", "--format=csv,noheader")
QUERY_TIMEOUT_S = 20.0
"""A driver that nobody keeps loaded wakes every GPU first, a second or two each."""

_DRIVER = Path("/proc/driver/nvidia/gpus")


def find_gpus(environment: Mapping[str, str] | None = None, *, driver: Path = _DRIVER) -> tuple[str, ...]:
    """Return the GPUs that a CUDA program started here would see, by names that CUDA_VISIBLE_DEVICES takes.

    What CUDA_VISIBLE_DEVICES says holds, be it nothing; else what nvidia-smi lists; else the driver's own folder,
    where a machine has the driver and not the program.

    Args:
        environment: the variables; None: this process's.
        driver: the folder in which the driver has one folder a GPU.

    Returns:
        Numbers, or UUIDs that begin with GPU- or MIG-, each once; empty where there is no GPU.
    """
    variables = os.environ if environment is None else environment
    if VISIBLE in variables:
        return _visible(variables[VISIBLE])
    return _listed() or _known_to_driver(driver)


def gpu_environment(name: str, environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the variables that let a process see one GPU out of `find_gpus` and no other.

    Args:
        name: the GPU.
        environment: the variables that it was found with; None: this process's.
    """
    variables = os.environ if environment is None else environment
    if VISIBLE in variables:
        # Whoever numbered the GPUs knows by which order.
        return {VISIBLE: name}
    return {VISIBLE: name, ORDER: "PCI_BUS_ID"}


def _visible(value: str) -> tuple[str, ...]:
    """What CUDA makes of the variable: it sees what stands before the first thing that is no device.

    See "CUDA Environment Variables" in NVIDIA's CUDA C++ Programming Guide.
    """
    names: list[str] = []
    for part in value.split(","):
        name = part.strip()
        if not (name.isdecimal() or name.startswith(("GPU-", "MIG-"))):
            break
        names.append(name)
    return tuple(dict.fromkeys(names))


def _listed() -> tuple[str, ...]:
    try:
        done = subprocess.run(
            QUERY,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=QUERY_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    # Where the driver does not answer, the program says so in the same place.
    return tuple(line.strip() for line in done.stdout.splitlines() if line.startswith("GPU-"))


def _known_to_driver(driver: Path) -> tuple[str, ...]:
    try:
        count = sum(1 for _ in driver.iterdir())
    except OSError:
        return ()
    # The folders are called by their place on the bus, which `gpu_environment` has CUDA count by too.
    return tuple(str(number) for number in range(count))
