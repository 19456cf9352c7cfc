"""The fair lock: waiters acquire it in the order in which they asked, and one that gives up blocks nobody."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from api.storage.fair_lock import FairLock


def test_waiters_acquire_the_lock_in_the_order_in_which_they_asked() -> None:
    lock, order = FairLock(), list[int]()
    assert lock.acquire(1)

    def wait(number: int) -> None:
        assert lock.acquire(10)
        order.append(number)
        lock.release()

    threads = []
    for number in range(20):
        threads.append(threading.Thread(target=wait, args=(number,)))
        threads[-1].start()
        while len(lock._waiting) <= number:
            time.sleep(0.001)
    lock.release()
    for thread in threads:
        thread.join()
    assert order == list(range(20))


def test_a_waiter_that_gives_up_is_skipped() -> None:
    lock = FairLock()
    assert lock.acquire(1)
    with ThreadPoolExecutor() as pool:
        assert pool.submit(lock.acquire, 0.05).result() is False
        later = pool.submit(lock.acquire, 5)
        while not lock._waiting:
            time.sleep(0.001)
        lock.release()
        assert later.result() is True
    assert lock.acquire(0.01) is False
    lock.release()
    assert lock.acquire(0.01) is True


def test_only_one_thread_at_a_time_holds_the_lock() -> None:
    lock, inside, most = FairLock(), 0, 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(200):
            if lock.acquire(0.0005):
                inside += 1
                most = max(most, inside)
                time.sleep(0)
                inside -= 1
                lock.release()

    with ThreadPoolExecutor(16) as pool:
        for done in [pool.submit(work) for _ in range(16)]:
            done.result()
    assert most == 1
    assert lock.acquire(0.01), "the lock was lost"
