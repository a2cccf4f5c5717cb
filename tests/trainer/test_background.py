import threading

import pytest

from trainer.background import BackgroundWriter


def test_a_write_goes_on_beside_its_caller_and_one_at_a_time():
    writer, gate, done = BackgroundWriter(), threading.Event(), []
    writer.submit(lambda: (gate.wait(10), done.append(1)))
    assert done == []  # submit did not wait
    gate.set()
    writer.submit(lambda: done.append(2))
    writer.wait()
    assert done == [1, 2]
    writer.close()


def test_a_failure_shows_once_at_the_next_call():
    writer = BackgroundWriter()
    writer.submit(lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        writer.submit(lambda: None)
    writer.wait()
    writer.close()
