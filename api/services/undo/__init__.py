"""Undo what an assistant wrote: check that nothing has changed since, put the rows back, and judge the steps again."""
