"""Entry point of the command `afterword`, also for `python -m api`."""

import gc
import sys

gc.disable()  # imports create no garbage, and garbage collection takes a seventh of the time to start

if sys.argv[1:2] == ["mcp"]:  # it needs neither the web framework nor the database
    from api.commands.mcp import main
else:
    from api.cli import main

gc.freeze()
gc.enable()  # not in main(): a process that a command starts may import this module without calling main()

if __name__ == "__main__":
    main()
