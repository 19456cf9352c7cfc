"""The page on urgency shows the first rows of the simulated account as the service returns them."""

from pathlib import Path

from tests import simulated_account

PAGE = (Path(__file__).parents[2] / "docs" / "urgency.md").read_text(encoding="utf-8")


def test_the_first_rows_before_and_after_are_those_of_the_simulated_account(tmp_path: Path) -> None:
    client = simulated_account.opened(tmp_path)
    simulated_account.simulate(client)
    for address in (simulated_account.BEFORE, simulated_account.AFTER):
        assert simulated_account.table(client.get(address).json()["items"]) in PAGE
    client.app.state.database.dispose()  # type: ignore[attr-defined]  # the application that this made
