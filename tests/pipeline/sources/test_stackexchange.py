import bz2
from html import escape
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.sources import stackexchange
from tests.pipeline.sources.conftest import ReadDump, rows_of, state
from tests.pipeline.sources.seven_zip_writer import pack_7z


def post(number: int, body: str, kind: int = 1, **more: object) -> str:
    facts = {"Id": number, "PostTypeId": kind, "CreationDate": "2015-01-27T20:09:32.720"}
    facts |= {"Body": body, "OwnerUserId": 8, **more}
    words = (f'{key}="{escape(str(value))}"'.replace("\n", "&#xA;") for key, value in facts.items())
    return f"  <row {' '.join(words)} />\n"


def answer(number: int, body: str, question: int, score: int = 0, **more: object) -> str:
    return post(number, body, 2, ParentId=question, Score=score, **more)


def dump(*rows: str) -> bytes:
    head = '\ufeff<?xml version="1.0" encoding="utf-8"?>\n<posts>\n'
    return f"{head}{''.join(rows)}</posts>".encode()


QUESTION = post(1, "<p>Why?</p>", Title="On  tea", AcceptedAnswerId=4)
THREAD = (
    QUESTION,
    answer(2, "<p>Low.</p>", 1, 3),
    answer(3, "<p>High.</p>", 1, 9),
    answer(4, "<p>Accepted.</p>", 1, 1, CreationDate="2019-01-01T00:00:00", OwnerDisplayName="Bo"),
)


def test_a_question_with_its_answers_is_one_document(read_dump: ReadDump) -> None:
    rows = read_dump("tea.stackexchange.com/Posts.xml", dump(*THREAD))
    assert [state(row) for row in rows] == ["text", *["part_of_question"] * 3]
    row = rows[0]
    assert row["text"] == "On  tea".replace("  ", " ") + "\n\nWhy?\n\nAccepted.\n\nHigh.\n\nLow."
    assert (row["title"], row["author"], row["source"]) == ("On tea", "user 8", "social")
    assert row["licence"] == "CC BY-SA 3.0, CC BY-SA 4.0"
    assert row["url"] == "https://tea.stackexchange.com/questions/1"
    assert row["source_key"] == "tea.stackexchange.com question 1"
    assert row["published"].isoformat() == "2015-01-27T20:09:32.720000+00:00"
    assert dump(*THREAD)[row["record_offset"] :].startswith(b"<row Id")
    assert {each["author"] for each in rows[1:]} == {"user 8", "Bo"}


def test_code_keeps_its_lines(read_dump: ReadDump) -> None:
    body = "<p>So:</p><pre><code>if x &lt; 1:\n    y()\n\nz()\n</code></pre>"
    (row,) = read_dump("Posts.xml", dump(post(1, body, Title="T")))
    assert row["text"] == "T\n\nSo:\n\nif x < 1:\n    y()\n\nz()"


def test_what_is_no_question_has_its_own_row(read_dump: ReadDump) -> None:
    rows = read_dump(
        "Posts.xml", dump(post(7, "wiki", 5), answer(8, "<p>Lost.</p>", 99), post(9, ""))
    )
    assert sorted(map(state, rows)) == ["empty_text", "post_type", "question_missing"]


def test_the_licence_is_that_of_the_last_day_on_which_a_post_was_written(
    read_dump: ReadDump,
) -> None:
    days = ["2011-04-07T23:59:59", "2011-04-08T00:00:00", "2018-05-01T23:59:59", "2018-05-02T00:00"]
    rows = read_dump(
        "Posts.xml",
        dump(
            *(post(i, "<p>a</p>", CreationDate=day) for i, day in enumerate(days)),
            post(8, "<p>a</p>", CreationDate=days[0], LastEditDate=days[2]),
            post(9, "<p>a</p>", CreationDate=days[0], ContentLicense="CC BY-SA 4.0"),
        ),
    )
    versions = [row["licence"].removeprefix("CC BY-SA ") for row in rows]
    assert versions == ["2.5", "3.0", "3.0", "4.0", "3.0", "4.0"]


@pytest.mark.parametrize(
    ("created", "stated", "licence"),
    [
        ("2010-01-01T00:00:00", "", "CC BY-SA 2.5"),
        ("2011-04-08T00:00:00", "", "CC BY-SA 3.0"),
        ("2018-05-01T23:59:59", "", "CC BY-SA 3.0"),
        ("2018-05-02T00:00:00", "", "CC BY-SA 4.0"),
        ("2010-01-01T00:00:00", "CC BY-SA 4.0", "CC BY-SA 4.0"),
    ],
)
def test_the_licence_is_stated_or_of_the_day(
    read_dump: ReadDump, created: str, stated: str, licence: str
) -> None:
    (row,) = read_dump("Posts.xml", dump(post(1, "x", CreationDate=created, ContentLicense=stated)))
    assert row["licence"] == licence


def test_answers_far_from_their_question_find_it(
    read_dump: ReadDump, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stackexchange, "_BUCKET_BYTES", 1000)
    questions = [post(n, f"q{n}", Title=f"t{n}") for n in range(1, 60)]
    answers = [answer(100 + n, f"a{n}", n) for n in range(59, 0, -1)]
    rows = read_dump("Posts.xml.bz2", bz2.compress(dump(*answers, *questions)))
    texts = {row["text"] for row in rows if state(row) == "text"}
    assert texts == {f"t{n}\n\nq{n}\n\na{n}" for n in range(1, 60)}
    assert len(rows) == 118


def test_a_broken_row_spoils_no_other(read_dump: ReadDump) -> None:
    broken = THREAD[1].replace('Id="2"', "Id=2")
    cut = THREAD[2].replace(" />\n", "")
    rows = read_dump("Posts.xml", dump(QUESTION, broken, cut, "stray\n", *THREAD[3:]))
    assert sorted(map(state, rows)) == ["error", "error", "part_of_question", "text"]
    (text,) = [row["text"] for row in rows if state(row) == "text"]
    assert text == "On tea\n\nWhy?\n\nAccepted."


def test_line_ends_in_attributes_and_rows_on_one_line(read_dump: ReadDump) -> None:
    (row,) = read_dump("Posts.xml", dump(post(1, "a b").replace("a b", "a\nb")))
    assert row["text"].split() == ["a", "b"]
    one = b"<posts>" + b"".join(post(n, "x").strip().encode() for n in (1, 2)) + b"</posts>"
    assert [state(row) for row in read_dump("Posts.xml", one)] == ["text", "text"]


def test_a_cut_dump_says_so(read_dump: ReadDump) -> None:
    whole = dump(*THREAD)
    rows = read_dump("Posts.xml", whole.removesuffix(b"</posts>"))
    assert sum(state(row) == "error" for row in rows) == 1
    (row,) = [row for row in rows if state(row) == "error"]
    assert row["error"].startswith("ends without </posts>")
    rows = read_dump("Posts.xml.bz2", bz2.compress(whole)[:-20])
    assert any("truncated" in (row["error"] or "") for row in rows)


def test_too_large_rows_and_threads(read_dump: ReadDump) -> None:
    rows = read_dump(
        "Posts.xml",
        dump(*THREAD[:2], answer(5, "x" * 900, 1, 2), post(6, "y" * 5000)),
        max_record_bytes=1024,
    )
    assert sorted(map(state, rows)) == ["part_of_question", "text", "too_large", "too_large"]


def test_entities_are_refused(read_dump: ReadDump) -> None:
    attack = b'<!DOCTYPE posts [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n<posts>\n'
    rows = read_dump("Posts.xml", attack + post(1, "&x;").replace("amp;", "").encode())
    assert all(row["text"] is None for row in rows)
    assert any("broken row" in row["error"] for row in rows)


@settings(max_examples=60)
@given(data=st.data())
def test_any_damage_ends_in_rows(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(dump(*THREAD))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(60, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("posts") / "Posts.xml"
    path.write_bytes(bytes(content))
    assert len(rows_of(path)) >= 1


@pytest.mark.shared
def test_the_real_dumps(shared_data: Path) -> None:
    rows = rows_of(shared_data / "social/stackexchange")
    counts: dict[str, int] = {}
    for row in rows:
        counts[state(row)] = counts.get(state(row), 0) + 1
    assert counts == {"text": 622, "part_of_question": 1834, "post_type": 197}
    assert all(row["title"] and row["licence"] == "CC BY-SA 3.0" for row in rows if row["text"])


def test_the_posts_of_a_site_in_one_archive(read_dump: ReadDump) -> None:
    users = b'<?xml version="1.0"?><users><row Id="1" /></users>'
    files = [("Badges.xml", users), ("Posts.xml", dump(*THREAD)), ("Users.xml", users)]
    rows = read_dump("tea.stackexchange.com.7z", pack_7z(*files))
    assert [state(row) for row in rows] == ["text", *["part_of_question"] * 3]
    assert rows[0]["text"].endswith("Why?\n\nAccepted.\n\nHigh.\n\nLow.")
    assert rows[0]["url"] == "https://tea.stackexchange.com/questions/1"
