"""The command `afterword`, also as `python -m api`."""

import gc

gc.disable()  # imports throw nothing away: to look for garbage among them takes a seventh of the start

from api.cli import main  # noqa: E402  # see above


def start() -> None:
    """Run the command; from here on garbage is looked for, though not among what was imported."""
    gc.freeze()
    gc.enable()
    main()


if __name__ == "__main__":
    start()
