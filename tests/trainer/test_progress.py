import sys

from trainer.progress import Progress

ROW = {"loss": 2.5, "learning_rate": 1e-3, "tokens_per_second": 12345.6}


def test_without_a_terminal_there_is_a_line_every_few_steps_and_at_the_end(capsys):
    progress = Progress(5, first_step=0, every=2, is_lead=True)
    for step in range(1, 6):
        progress.step(step, ROW)
    progress.close()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["step 2/5", "step 4/5", "step 5/5"]
    assert "loss 2.5000" in lines[0]
    assert "12,346 tokens/s" in lines[0]
    assert lines[-1].endswith("eta 00:00")


def test_on_a_terminal_there_is_a_bar(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    progress = Progress(2, first_step=0, every=1, is_lead=True)
    progress.step(1, ROW)
    progress.say("saved")
    progress.step(2, ROW)
    progress.close()
    captured = capsys.readouterr()
    assert "2/2" in captured.err and "loss 2.500" in captured.err
    assert "saved" in captured.out


def test_other_ranks_are_silent(capsys):
    progress = Progress(1, first_step=0, every=1, is_lead=False)
    progress.step(1, ROW)
    progress.say("saved")
    progress.close()
    captured = capsys.readouterr()
    assert captured.out + captured.err == ""
