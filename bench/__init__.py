"""Benchmarks: figures as ratios against a named baseline of the same run. `python -m bench [NAME …]`."""
