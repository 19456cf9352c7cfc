"""Tools for assistants over the Model Context Protocol. This package imports nothing: its extra may be missing."""
