import pytest
from pydantic import ValidationError

from pipeline.sources.inputs import Format, InputFile, InputParams
from schemas.config import build_config
from schemas.documents import Source
from schemas.errors import ConfigError


def test_an_input_survives_the_way_through_json() -> None:
    file = InputFile(
        path="字/a.jsonl",
        format=Format.JSONL,
        source=Source.NEWS,
        size=3,
        columns={"text": "body"},
        mismatch="x",
    )
    assert InputFile.model_validate_json(file.model_dump_json()) == file


def test_rules_come_from_a_configuration() -> None:
    tree = {"rules": [{"match": "*.jsonl", "source": "book", "text_column": "t"}]}
    params = build_config(InputParams, tree, where="test")
    assert params.rules[0].source is Source.BOOK
    assert params.rules[0].columns() == {"text": "t"}


@pytest.mark.parametrize("rule", [{"match": "*", "format": "docx"}, {"match": "*", "text": "t"}])
def test_mistakes_in_rules_are_told(rule: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="rules"):
        build_config(InputParams, {"rules": [rule]}, where="test")


@pytest.mark.parametrize(
    ("format", "key", "value", "fitting"),
    [
        ("jsonl", "unit", "line", "plain_text"),
        ("warc", "text_column", "body", "jsonl or parquet_text or csv_text"),
        ("plain_text", "licence_column", "licence", "jsonl or parquet_text or csv_text"),
        ("wet", "namespaces", "0", "mediawiki"),
        ("feed", "redirects", False, "mediawiki"),
    ],
)
def test_a_key_that_is_not_for_the_format_is_refused(
    format: str, key: str, value: object, fitting: str
) -> None:
    tree = {"rules": [{"match": "*", "format": format, key: value}]}
    with pytest.raises(ConfigError) as told:
        build_config(InputParams, tree, where="test")
    assert str(told.value) == (
        f"test: rules.0.{key} = {value!r}: a key for format {fitting}, not for {format}"
    )
    # Without a format nothing is known yet; a format that it is for takes it.
    for known in ({}, {"format": fitting.split()[0]}):
        build_config(InputParams, {"rules": [{"match": "*", key: value, **known}]}, where="test")


def test_a_column_without_a_name_is_refused() -> None:
    tree = {"rules": [{"match": "*", "text_column": ""}]}
    with pytest.raises(ConfigError) as told:
        build_config(InputParams, tree, where="test")
    assert str(told.value) == "test: rules.0.text_column = '': the name of a column wanted"


def test_limits_are_positive() -> None:
    with pytest.raises(ValidationError):
        InputParams(batch_rows=0)


def test_formats_are_named_apart_from_sparks_own() -> None:
    taken = {"text", "json", "csv", "parquet", "orc", "xml", "avro", "binaryfile", "jdbc"}
    assert not taken & {format.value for format in Format}
