"""What is measured of an export, on a few images."""

from __future__ import annotations

from pathlib import Path

from drawn_folders import draw_dataset

from tests.benchmarks.exporting import annotate_all, measure_memory, measure_set


def test_an_export_is_measured_against_a_copy(tmp_path: Path) -> None:
    annotations = annotate_all(draw_dataset(tmp_path / "photos"))
    figures = measure_set(tmp_path / "set", "drawn", annotations, rounds=1)
    assert len({figure.name for figure in figures}) == 10
    assert all(figure.value > 0 for figure in figures)


def test_memory_is_what_more_images_add(tmp_path: Path) -> None:
    figure = measure_memory(tmp_path, (10, 200))
    # Each image has at least its id in memory.
    assert figure.value > 0
    assert "10 to 200 images" in figure.name
