import math

from trainer.stopping import EarlyStopping


def test_patience_counts_validations_without_a_gain():
    stopping = EarlyStopping(patience=2, min_gain=0.1)
    seen = [stopping.observe(step, loss) for step, loss in ((1, 3.0), (2, 2.95), (3, 2.5))]
    assert seen == [True, True, True]  # 2.95 is the best, but no gain
    assert (stopping.best, stopping.best_step, stopping.stale) == (2.5, 3, 0)
    assert not stopping.observe(4, 2.6) and not stopping.is_over
    assert not stopping.observe(5, 2.5) and stopping.is_over


def test_small_gains_add_up():
    """As in Keras and Lightning: a loss has to beat that of the last gain, not the one before."""
    stopping = EarlyStopping(patience=3, min_gain=0.1)
    for step in range(40):
        assert stopping.observe(step, 9.0 - 0.06 * step) and not stopping.is_over
        assert stopping.stale == step % 2


def test_a_loss_that_is_no_number_is_never_the_best():
    stopping = EarlyStopping(patience=3, min_gain=0.0)
    assert [stopping.observe(n, loss) for n, loss in enumerate((math.nan, 3.0, math.nan, 2.0))] == [
        False,
        True,
        False,
        True,
    ]
    assert (stopping.best, stopping.best_step, stopping.stale) == (2.0, 3, 0)


def test_without_patience_it_never_ends():
    stopping = EarlyStopping(None, 0.0)
    for step in range(100):
        stopping.observe(step, 1.0 + step)
    assert not stopping.is_over and stopping.best_step == 0
