"""Starts, watches and stops everything behind `./onroll`. Standard library only; imports nothing of ours.

The launcher runs before the packages of the project are trusted to work, so it must start on a bare Python.
"""
