import os
import pickle
import signal

import pytest

from trainer.interruption import Interrupted, Interruption


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_remembered_and_the_old_handler_comes_back(number):
    before = signal.getsignal(number)
    with Interruption() as interruption:
        assert interruption.received == 0
        os.kill(os.getpid(), number)
        assert interruption.received == number
        assert signal.getsignal(number) == signal.SIG_DFL  # a second one acts at once
    assert signal.getsignal(number) is before


def test_the_exit_code_is_that_of_a_shell():
    assert Interrupted(signal.SIGTERM, 5).exit_code == 143
    assert Interrupted(signal.SIGINT, 5).exit_code == 130
    assert "SIGTERM after step 5" in str(Interrupted(signal.SIGTERM, 5))


def test_it_travels_between_ranks():
    copy = pickle.loads(pickle.dumps(Interrupted(signal.SIGTERM, 5)))
    assert (copy.exit_code, str(copy)) == (143, str(Interrupted(signal.SIGTERM, 5)))
