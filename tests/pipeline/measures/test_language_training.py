import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.measures import language_training
from pipeline.measures.language_fitting import learn


def test_the_command_writes_what_is_learned_beside_itself(tmp_path, monkeypatch, capsys):
    samples = [("the house by the river", "en", 1.0), ("het huis bij de rivier", "nl", 1.0)] * 4
    columns = {
        "text": [text for text, _, _ in samples],
        "lang": [code for _, code, _ in samples],
        "source": ["made"] * 8,
        "kind": ["sentence"] * 8,
        "ambiguous": [False] * 8,
    }
    pq.write_table(pa.table(columns), tmp_path / "langid.parquet")
    monkeypatch.setattr(sys, "argv", ["", str(tmp_path / "langid.parquet")])
    monkeypatch.setattr(language_training, "__file__", str(tmp_path / "language_training.py"))
    monkeypatch.setattr(language_training, "read_samples", lambda path: samples)
    language_training.main()
    written = np.load(tmp_path / language_training.FILE_NAME)
    expected = learn(samples)
    assert set(written) == set(expected)
    assert all(np.array_equal(written[name], expected[name]) for name in expected)
    assert "bytes" in capsys.readouterr().out
