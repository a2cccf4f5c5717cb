from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.dates import parse_date

MOMENT = datetime(2017, 3, 6, 4, 2, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "2017-03-06T04:02:06Z",
        "2017-03-06 04:02:06",
        "2017-03-06T05:02:06+01:00",
        "2017/03/06 04:02:06",
        "20170306040206",
        "Mon, 06 Mar 2017 04:02:06 GMT",
        "Mon, 06 Mar 2017 05:02:06 +0100",
        "2017-03-06 04:02:06 UTC",
        1488772926,
        1488772926.0,
        1488772926000,
        "1488772926",
        datetime(2017, 3, 6, 4, 2, 6),
    ],
)
def test_one_moment_in_many_spellings(written: object) -> None:
    assert parse_date(written) == MOMENT


def test_a_day_is_its_midnight_in_utc() -> None:
    assert parse_date("2017-03-06") == datetime(2017, 3, 6, tzinfo=UTC)
    assert parse_date(date(2017, 3, 6)) == datetime(2017, 3, 6, tzinfo=UTC)


@pytest.mark.parametrize("value", ["", "soon", None, True, [], "2017-13-45", 1e300, "9" * 60, "0"])
def test_what_is_no_date_is_none(value: object) -> None:
    assert parse_date(value) is None


@given(st.one_of(st.text(max_size=40), st.floats(), st.integers()))
def test_nothing_makes_it_raise(value: object) -> None:
    parse_date(value)


@given(st.datetimes(datetime(1700, 1, 1), datetime(2100, 1, 1)))
def test_iso_dates_come_back(moment: datetime) -> None:
    assert parse_date(moment.isoformat()) == moment.replace(tzinfo=UTC)
