"""Measurements of what a person feels: `python -m tests.benchmarks`."""
