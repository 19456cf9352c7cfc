"""The rules: facts and a clock in, the seven steps out.

Pure functions over the standard library: no clock, no input or output, no settings, no database.
The door is `evaluate.project`; numbers in brackets are the statements of the domain's specification.
"""
