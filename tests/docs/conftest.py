"""A server with the demo account for the pages that only need its address."""

from collections.abc import Iterator

import pytest

from api import demo
from api.clock import wall_clock
from api.main import create_app
from api.settings import Settings, local_url
from tests.conftest import Clock, World
from tests.docs.shown import Demo
from tests.served import served
from tests.stores import Store


@pytest.fixture(scope="package")
def running(store: Store) -> Iterator[Demo]:
    """What `afterword demo` serves, in this process; several pages use it, one after the other."""
    url = store.copy()
    world = World(create_app(Settings(database_url=url, log_level="WARNING")), Clock())
    secret = demo.build(world.database, wall_clock().replace(microsecond=0))
    with served(world) as (_, port):
        yield local_url(port), secret
    store.drop(url)
