"""WET: the texts that Common Crawl extracted, one per conversion record."""

from collections.abc import Iterator
from typing import BinaryIO

from pipeline.sources.inputs import InputFile, InputParams
from pipeline.sources.record import Record
from pipeline.sources.warc import read_warc


def read_wet(stored: BinaryIO, file: InputFile, params: InputParams) -> Iterator[Record]:
    """Records of a WET file. Its framing is that of WARC, and so are its other records."""
    return read_warc(stored, file, params)
