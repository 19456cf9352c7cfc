"""Whoever asks first writes first, and who gives up stands in nobody's way."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from api.storage.fair_lock import Turns


def test_turns_come_in_the_order_of_asking() -> None:
    turns, order = Turns(), list[int]()
    assert turns.take(1)

    def wait(number: int) -> None:
        assert turns.take(10)
        order.append(number)
        turns.give()

    threads = []
    for number in range(20):
        threads.append(threading.Thread(target=wait, args=(number,)))
        threads[-1].start()
        while len(turns._line) <= number:
            time.sleep(0.001)
    turns.give()
    for thread in threads:
        thread.join()
    assert order == list(range(20))


def test_who_gives_up_is_passed_over() -> None:
    turns = Turns()
    assert turns.take(1)
    with ThreadPoolExecutor() as pool:
        assert pool.submit(turns.take, 0.05).result() is False
        later = pool.submit(turns.take, 5)
        while not turns._line:
            time.sleep(0.001)
        turns.give()
        assert later.result() is True
    assert turns.take(0.01) is False
    turns.give()
    assert turns.take(0.01) is True


def test_never_two_at_once_however_many_ask() -> None:
    turns, inside, most = Turns(), 0, 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(200):
            if turns.take(0.0005):
                inside += 1
                most = max(most, inside)
                time.sleep(0)
                inside -= 1
                turns.give()

    with ThreadPoolExecutor(16) as pool:
        for done in [pool.submit(work) for _ in range(16)]:
            done.result()
    assert most == 1
    assert turns.take(0.01), "a turn was lost"
