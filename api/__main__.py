"""Entry point of the command `afterword`, also for `python -m api`."""

from api.cli import main

if __name__ == "__main__":
    main()
