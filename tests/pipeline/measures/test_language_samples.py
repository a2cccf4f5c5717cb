import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.measures.language_samples import chunks, imitate, read_samples, read_shares


def test_texts_under_other_licences_are_left_out(tmp_path):
    rows = [
        ("ambiguous", "en", "lingua-testdata/sentences", "sentence", True),
        ("not permitted", "it", "UD_Italian-ISDT", "sentence", False),
        ("by script", "yue", "UD_Cantonese-HK", "sentence", False),
        ("permitted", "de", "UD_German-GSD", "sentence", False),
        ("word", "de", "lingua-testdata/single-words", "word", False),
        ("a b " * 100, "az-Latn", "udhr/x", "document", False),
    ]
    names = ("text", "lang", "source", "kind", "ambiguous")
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    pq.write_table(pa.table(columns), tmp_path / "langid.parquet")
    samples = read_samples(str(tmp_path / "langid.parquet"))
    labelled = [sample for sample in samples if sample[1] in ("az", "de", "en", "it", "yue")]
    real = [sample for sample in labelled if sample[2] != 0.5]
    assert [(text, code, weight) for text, code, weight in real[:2]] == [
        ("permitted", "de", 1.0),
        ("word", "de", 0.3),
    ]
    pieces = [text for text, code, _ in real[2:] if code == "az"]
    assert "".join(pieces) == "a b " * 100
    assert len(pieces) > 1


def test_chunks_lose_nothing():
    text = "word " * 333 + "x" * 700
    assert "".join(chunks(text)) == text


def test_an_imitation_follows_the_trigrams():
    shares = {" a": 1.0, " ab": 1.0, "abc": 1.0, "bc ": 1.0}
    (text,) = imitate(shares, 1, np.random.default_rng(0))
    assert set(text.split()) <= {"abc", "ab", "a"}
    assert "abc" in text


def test_profiles_of_one_language_are_one():
    shares = read_shares()
    assert "nb" in shares
    assert not {"no", "zh", "ja", "ko"} & set(shares)
    assert len(shares) == 51
