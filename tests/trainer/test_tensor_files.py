import json
import threading
import time

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file

from schemas.errors import CorpusMillError
from trainer import tensor_files
from trainer.tensor_files import TensorFiles, collect_parts, file_name, write_part

WHOLE = {"a": torch.arange(35.0).view(7, 5), "b": torch.arange(2.0), "step": torch.tensor(3.0)}


def rows_of(rank, num_parts):
    """What FSDP2 gives to a rank: equal chunks of rows, the last ones short or empty."""
    part = {}
    for name in ("a", "b"):
        size = -(-len(WHOLE[name]) // num_parts)
        part[name] = WHOLE[name][rank * size : (rank + 1) * size]
    return part if rank else part | {"step": WHOLE["step"]}


@given(num_parts=st.integers(1, 9))
def test_any_number_of_parts_gives_the_whole(tmp_path_factory, num_parts):
    folder = tmp_path_factory.mktemp("parts")
    for rank in range(num_parts):
        write_part(folder, {"model": rows_of(rank, num_parts)}, rank, num_parts)
    digests = collect_parts(folder, num_parts, patience=0.0)
    assert sorted(digests) == [file_name("model", rank, num_parts) for rank in range(num_parts)]
    assert sorted(path.name for path in folder.iterdir()) == sorted(digests)  # no receipt is left
    read = TensorFiles(folder, "model")
    assert set(read) == set(WHOLE) and len(read) == 3
    assert read.shapes() == {"a": (7, 5), "b": (2,), "step": ()}
    assert all(read[name].equal(WHOLE[name]) for name in WHOLE)


def test_what_is_read_is_no_view_of_the_file(tmp_path):
    write_part(tmp_path, {"model": WHOLE})
    read = TensorFiles(tmp_path, "model")
    read["a"].fill_(9.0)
    assert read["a"].equal(WHOLE["a"])


def test_kinds_that_begin_alike_are_not_mixed_up(tmp_path):
    save_file({"x": torch.ones(1)}, tmp_path / "model.safetensors")
    save_file({"y": torch.ones(1)}, tmp_path / "model2.safetensors")
    assert set(TensorFiles(tmp_path, "model")) == {"x"}
    with pytest.raises(CorpusMillError, match="no average tensors"):
        TensorFiles(tmp_path, "average")


def test_a_part_that_comes_late_is_waited_for(tmp_path):
    write_part(tmp_path, {"model": rows_of(0, 2)}, 0, 2)

    def late():
        time.sleep(0.2)
        write_part(tmp_path, {"model": rows_of(1, 2)}, 1, 2)

    other = threading.Thread(target=late)
    other.start()
    assert len(collect_parts(tmp_path, 2, patience=60.0)) == 2
    other.join()


def test_a_part_that_never_comes_is_named(tmp_path):
    write_part(tmp_path, {"model": rows_of(0, 2)}, 0, 2)
    with pytest.raises(CorpusMillError, match="part of rank 1 is missing; all ranks must see"):
        collect_parts(tmp_path, 2, patience=0.1)


def test_a_failure_of_one_rank_is_told_to_the_one_that_waits(tmp_path, monkeypatch):
    write_part(tmp_path, {"model": rows_of(0, 2)}, 0, 2)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tensor_files, "save_file", full)
    with pytest.raises(CorpusMillError, match=r"rank 1: .*No space left"):
        write_part(tmp_path, {"model": rows_of(1, 2)}, 1, 2)
    assert json.loads((tmp_path / "receipt-1.json").read_text())["files"] == {}
    with pytest.raises(CorpusMillError, match=r"rank 1: .*No space left"):
        collect_parts(tmp_path, 2, patience=0.0)
