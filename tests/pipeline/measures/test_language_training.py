"""The packaged profiles are those that the committed script builds."""

import io
from importlib import resources

import numpy as np

from pipeline.measures.language_profiles import FILE_NAME, LetterKind
from pipeline.measures.language_training import build_arrays, letter_kind, read_shares


def test_the_packaged_file_is_what_the_script_makes():
    content = resources.files("pipeline.measures").joinpath(FILE_NAME).read_bytes()
    built = build_arrays(read_shares())
    with np.load(io.BytesIO(content), allow_pickle=False) as packaged:
        assert sorted(packaged.files) == sorted(built)
        for name in packaged.files:
            np.testing.assert_array_equal(packaged[name], built[name], err_msg=name)


def test_both_chinese_profiles_are_one_language():
    shares = read_shares()
    assert "zh" in shares
    assert not any(code.startswith("zh-") for code in shares)
    assert len(shares) >= 53


def test_what_is_no_letter_is_no_evidence():
    assert {letter_kind(character) for character in "1.! ª\u0301"} == {LetterKind.NONE}
