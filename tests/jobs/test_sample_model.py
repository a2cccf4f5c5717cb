import pytest

from jobs import sample_model, train_model
from tests.jobs.test_train_model import arguments  # noqa: F401
from tests.trainer.conftest import manifest, tokenizer  # noqa: F401


@pytest.fixture
def run(arguments, tmp_path):  # noqa: F811
    assert train_model.main(arguments("run")) == 0
    return str(tmp_path / "run")


def test_prompts_are_continued(run, capsys):
    capsys.readouterr()
    command = ["--run", run, "--prompt", "the cat", "小猫", "--set", "sampling.max_new_tokens=5"]
    assert sample_model.main(command) == 0
    first, second = capsys.readouterr().out.split("-" * 72 + "\n")
    assert first.startswith("the cat") and second.startswith("小猫")
    assert len(first) > len("the cat\n")


def test_without_a_prompt_a_document_is_begun(run, capsys):
    capsys.readouterr()
    assert sample_model.main(["--run", run, "--set", "sampling.max_new_tokens=5"]) == 0
    assert "<|endoftext|>" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("override", "code", "message"),
    [
        ("sampling.top_p=2.0", 2, "sampling.top_p"),
        ("checkpoint=step-00000099", 1, "no checkpoint step-00000099"),
    ],
)
def test_a_mistake_is_one_line_and_an_exit_code(run, capsys, override, code, message):
    capsys.readouterr()
    assert sample_model.main(["--run", run, "--set", override]) == code
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
