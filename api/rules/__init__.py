"""The rules: pure functions that compute the seven steps of an application from its facts, a policy and an instant.

They import nothing but the standard library and read no clock, settings, files or database. The entry point is
`evaluate.project`. Numbers in brackets, such as [18], are the numbered statements of docs/statements.md.
"""
