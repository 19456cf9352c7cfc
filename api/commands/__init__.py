"""Groups of commands of the command line, and what all commands share."""
