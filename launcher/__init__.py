"""Starts, watches and stops everything behind `./onroll`.

Standard library only, and nothing of ours: the launcher runs before any package is trusted to work.
"""
