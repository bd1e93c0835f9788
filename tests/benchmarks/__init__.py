"""Measures the suite beside its peers, on one machine in one run: `python -m tests.benchmarks`."""
