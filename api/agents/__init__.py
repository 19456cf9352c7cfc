"""Tools for assistants over the Model Context Protocol. Nothing is imported here: the extra `mcp` may be missing."""
