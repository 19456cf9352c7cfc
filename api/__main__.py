"""Entry point of the command `afterword`, also for `python -m api`."""

import gc

gc.disable()  # imports create no garbage, and garbage collection takes a seventh of the time to start

from api.cli import main  # noqa: E402  # see above

gc.freeze()
gc.enable()  # not in main(): a process that a command starts may import this module without calling main()

if __name__ == "__main__":
    main()
