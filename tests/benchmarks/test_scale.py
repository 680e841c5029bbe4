"""What grows with the number of images, and what must not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.scale import AFTER_EXPORT, Scaled, curve, plot, run_sizes, scale_figures

STAGES = ("list", "annotate", "export")

RUNS = (
    Scaled(1_000, dict.fromkeys(STAGES, 1.0), dict.fromkeys(STAGES, 20_000)),
    Scaled(10_000, {"list": 10.0, "annotate": 40.0, "export": 5.0}, {"list": 1, "annotate": 30_000, "export": 90_000}),
)


def test_figures_are_over_those_of_the_fewest_images() -> None:
    by_name = {figure.name: figure.value for figure in scale_figures(RUNS)}
    assert by_name["annotate, 1,000 images: an image"] == 1.0
    assert by_name["annotate, 10,000 images: an image over that at 1,000"] == 4.0
    assert by_name["most memory above nothing, 10,000 images, before the export"] == 30.0
    assert by_name["most memory above nothing, 10,000 images, export"] == 90.0


def test_the_curve_is_as_long_as_an_image_costs() -> None:
    first, second = curve(RUNS)
    assert (first.count("#"), second.count("#")) == (16, 30)
    assert second.endswith("5.50 ms an image")


@pytest.mark.slow
def test_the_plot_is_a_png(tmp_path: Path) -> None:
    plot(RUNS, tmp_path / "curve.png")
    assert (tmp_path / "curve.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.slow
def test_memory_of_a_whole_run_does_not_grow_with_the_images(tmp_path: Path) -> None:
    few, many = run_sizes(tmp_path, (200, 2_200))
    assert few.seconds.keys() == many.seconds.keys() == few.peak_kb.keys()
    for stage in few.peak_kb.keys() - AFTER_EXPORT:
        # SQLite's cache fills, up to 32 MB; to keep each picture, of 32 x 32 pixels, would take 6 MB more.
        assert many.peak_kb[stage] - few.peak_kb[stage] < 5_000, stage
