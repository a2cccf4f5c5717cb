import json

from jobs import export_model, train_model
from tests.jobs.test_train_model import arguments  # noqa: F401
from tests.trainer.conftest import manifest, tokenizer  # noqa: F401


def test_a_run_becomes_a_folder_and_a_mistake_one_line(arguments, tmp_path, capsys):  # noqa: F811
    assert train_model.main(arguments("run")) == 0
    options = ["--set", f"run={tmp_path / 'run'}", "--set", f"output={tmp_path / 'out'}"]
    assert export_model.main(options) == 0
    assert json.loads((tmp_path / "out" / "config.json").read_text())["model_type"] == "qwen3"
    assert str(tmp_path / "out") in capsys.readouterr().out
    assert export_model.main(options) == 2
    assert capsys.readouterr().err.count("\n") == 1
