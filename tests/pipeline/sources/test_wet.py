from pathlib import Path

import pytest

from tests.pipeline.sources.conftest import ReadDump, rows_of, state
from tests.pipeline.sources.warc_writer import members, record


def test_conversions_are_texts(read_dump: ReadDump) -> None:
    rows = read_dump(
        "CC-MAIN.warc.wet.gz",
        members(
            [
                record(b"Software-Info: x\r\n", "warcinfo", None),
                record(
                    "茶的历史\n很长".encode(),
                    "conversion",
                    extra=("WARC-Identified-Content-Language: zho",),
                ),
                record(b" \n", "conversion", number=2),
            ]
        ),
    )
    assert [state(row) for row in rows] == ["record_type", "text", "empty_text"]
    assert rows[1]["text"] == "茶的历史\n很长"
    assert (rows[1]["format"], rows[1]["language_hint"]) == ("wet", "zho")


@pytest.mark.shared
def test_a_real_wet_file(shared_data: Path) -> None:
    for name in ("whirlwind.warc.wet", "whirlwind.warc.wet.gz"):
        rows = rows_of(shared_data / "warc/whirlwind-python" / name)
        assert [state(row) for row in rows] == ["record_type", "text"]
        assert rows[1]["format"] == "wet"
