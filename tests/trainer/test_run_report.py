import json
from pathlib import Path

from trainer.loop import train
from trainer.metrics import MetricsLog
from trainer.run_report import write_report


def test_the_page_shows_the_run_and_escapes_what_it_quotes(tiny):
    config = tiny("logging.report=true", "logging.sample_tokens=5")
    train(config)
    run = Path(config.output)
    page = (run / "report.html").read_text()
    assert page.count("<svg") == 7  # with loss by source, and the schedule
    samples = [json.loads(line) for line in (run / "samples.jsonl").read_text().splitlines()]
    assert [sample["step"] for sample in samples] == [3, 6]
    assert "Texts of the model" in page
    assert "6 of 6" in page and "step-00000006" in page and "None." in page
    spike = {
        "step": 4,
        "reason": "loss 9 <b>",
        "batches": [2, 3],
        "most_likely": "train/shard-00001 documents 3-3 (news)",
        "tokens_per_source": {"news": 32},
    }
    (run / "spikes.jsonl").write_text(json.dumps(spike) + "\n")
    page = write_report(run, config).read_text()
    assert "loss 9 &lt;b&gt;" in page and "<b>" not in page
    assert "2 to 3" in page and "news 32" in page


def test_a_run_that_stopped_early_and_what_it_minimised_are_explained(tiny, tmp_path):
    log = MetricsLog(tmp_path, 0, tensorboard=False)
    names = ("loss", "objective", "tokens_per_second", "data_wait", "memory_gib")
    log.write(4, dict.fromkeys(names, 1.0))
    log.close()
    page = write_report(tmp_path, tiny("validation.patience=3")).read_text("utf-8")
    assert "4 of 6, stopped early: 3 validations without a gain" in page
    assert "objective (with label smoothing and z-loss)" in page
    page = write_report(tmp_path, tiny()).read_text("utf-8")
    assert "4 of 6" in page and "stopped early" not in page


def test_a_run_without_rows_has_a_page_too(tiny, tmp_path):
    page = write_report(tmp_path, tiny()).read_text()
    assert page.count("<svg") == 1


def test_texts_may_hold_any_line_separator_and_a_crash_may_have_cut_a_row(tiny, tmp_path):
    log = MetricsLog(tmp_path, 0, tensorboard=False)
    text = "one\u2028two\u2029three\u0085four\x0bfive\x1esix"
    log.write_sample(3, text)
    log.close()
    with (tmp_path / "samples.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"step": 6, "text": "cut sh')
    page = write_report(tmp_path, tiny()).read_text("utf-8")
    assert text in page and "cut sh" not in page
