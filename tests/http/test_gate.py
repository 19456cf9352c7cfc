"""The gate before the endpoints: who waits in vain or leaves takes no place from others."""

import asyncio
import time

import pytest

from api.http.admission import Gate

pytestmark = pytest.mark.sqlite


def soon(seconds: float = 60) -> float:
    return time.monotonic() + seconds


async def full_gate(most_waiting: int) -> Gate:
    gate = Gate(1, most_waiting)
    assert await gate.enter(soon())
    return gate


def test_waiting_ends_in_time_and_leaves_nothing_behind() -> None:
    async def test() -> None:
        gate = await full_gate(most_waiting=1)
        for _ in range(2):
            assert not await gate.enter(soon(0.001))
            assert gate.waiting == 0
        gate.leave()
        assert await gate.enter(soon())

    asyncio.run(test())


def test_a_place_that_comes_with_the_end_of_the_wait_is_taken() -> None:
    async def test() -> None:
        gate = await full_gate(most_waiting=1)
        waits = asyncio.create_task(gate.enter(soon(0.001)))
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_later(0.002, gate.leave)
        time.sleep(0.005)  # the end of the wait and the place come in the same turn of the loop
        assert await waits
        assert (gate.is_full, gate.waiting) == (True, 0)

    asyncio.run(test())


def test_the_place_of_a_client_that_left_while_it_got_it_goes_on() -> None:
    async def test() -> None:
        gate = await full_gate(most_waiting=2)
        gone, follows = (asyncio.create_task(gate.enter(soon())) for _ in range(2))
        await asyncio.sleep(0)
        gate.leave()
        gone.cancel()
        assert await follows
        assert gone.cancelled()
        assert (gate.is_full, gate.waiting) == (True, 0)

    asyncio.run(test())
