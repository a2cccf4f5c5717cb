"""One key for the addresses of one page, and for no other."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedup.urls import url_key, url_keys

PAGE = "example.org/a/b?x=1"


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/a/b?x=1",
        "https://example.org/a/b?x=1",
        "HTTPS://WWW.EXAMPLE.ORG/a/b?x=1#part",
        " http://example.org:80/a/b/?x=1\n",
        "https://example.org:443/a/b?x=1",
        "https://user:secret@example.org/a/b?x=1",
    ],
)
def test_addresses_of_one_page_have_one_key(url):
    assert url_key(url) == PAGE


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/A/b?x=1",
        "http://example.org/a/b?x=2",
        "http://example.org/a/b",
        "http://example.org:8080/a/b?x=1",
        "https://example.org:80/a/b?x=1",
        "http://www2.example.org/a/b?x=1",
    ],
)
def test_addresses_of_other_pages_have_others(url):
    assert url_key(url) not in (PAGE, None)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org/a",
        "ftp://example.org/a",
        "mailto:a@example.org",
        "http://[::1",
        "http://a:b/",
    ],
)
def test_what_is_no_web_address_has_none(url):
    assert url_key(url) is None


def test_hosts_in_other_scripts_and_bytes_of_any_kind():
    assert url_key("https://例え.jp/ページ") == "例え.jp/ページ"
    assert url_keys(pa.array(["http://a.b", None, "?"])).to_pylist() == ["a.b", None, None]


@given(st.text())
def test_no_text_is_too_odd(text):
    assert url_key(text) is None or "://" in text
    url_key("http://" + text)
