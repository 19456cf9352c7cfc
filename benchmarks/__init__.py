"""Benchmarks: servers are compared in one run, and no test asserts a measurement."""
