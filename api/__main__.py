"""The command `afterword`, also as `python -m api`."""

import gc

gc.disable()  # imports throw nothing away: to look for garbage among them takes a seventh of the start

from api.cli import main  # noqa: E402  # see above

gc.freeze()
gc.enable()  # here, because the processes that a command starts may import this without running it

if __name__ == "__main__":
    main()
