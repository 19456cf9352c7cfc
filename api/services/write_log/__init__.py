"""The log of what assistants wrote: images of rows, taken while a transaction writes, and stored at its end."""
