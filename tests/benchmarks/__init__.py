"""Measurements of what a person feels and what a run costs: `python -m tests.benchmarks`."""
