"""Benchmarks with the references they are held against. Nothing imports this package."""
