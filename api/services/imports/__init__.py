"""Imports: read a file, plan what becomes of its rows, run the plan in slices, and undo it."""
