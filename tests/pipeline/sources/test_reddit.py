import json
from pathlib import Path
from typing import Any

import pytest
import zstandard

from tests.pipeline.sources.conftest import ReadDump, rows_of, state

COMMENT = {
    "body": "I &gt; you &amp; me",
    "subreddit": "tea",
    "id": "c1",
    "link_id": "t3_abc",
    "author": "someone",
    "created_utc": "1134028003",
}
POST = {
    "title": "Which tea?",
    "selftext": "Black or green.",
    "subreddit": "tea",
    "id": "abc",
    "author": "[deleted]",
    "created_utc": 1134028003,
    "permalink": "/r/tea/comments/abc/which_tea/",
}


def dump(*posts: dict[str, Any]) -> bytes:
    content = b"".join(json.dumps(post).encode() + b"\n" for post in posts)
    return zstandard.ZstdCompressor().compress(content)


def test_comments_and_submissions(read_dump: ReadDump) -> None:
    comment, post = read_dump("RC_2005-12.zst", dump(COMMENT, POST))
    assert comment["text"] == "I > you & me"
    assert comment["source_key"] == "t1_c1"
    assert comment["url"] == "https://www.reddit.com/comments/abc/_/c1"
    assert comment["published"].isoformat() == "2005-12-08T07:46:43+00:00"
    assert (comment["author"], comment["source"], comment["format"]) == (
        "someone",
        "social",
        "reddit",
    )
    assert post["text"] == "Which tea?\n\nBlack or green."
    assert (post["title"], post["author"]) == ("Which tea?", None)
    assert post["url"] == "https://www.reddit.com/r/tea/comments/abc/which_tea/"


@pytest.mark.parametrize("mark", ["[deleted]", "[removed]", " [Deleted] "])
def test_deleted_posts_are_skipped(read_dump: ReadDump, mark: str) -> None:
    rows = read_dump("a.zst", dump(COMMENT | {"body": mark}, POST | {"selftext": mark}))
    assert [state(row) for row in rows] == ["deleted_post", "deleted_post"]


def test_a_link_post_has_its_title_and_an_empty_comment_nothing(read_dump: ReadDump) -> None:
    rows = read_dump("a.zst", dump(POST | {"selftext": ""}, COMMENT | {"body": ""}))
    assert [row["text"] for row in rows] == ["Which tea?", None]
    assert state(rows[1]) == "empty_text"


def test_odd_values_do_not_stop_it(read_dump: ReadDump) -> None:
    odd = {"body": None, "subreddit": "x", "id": 5, "created_utc": "soon", "author": None}
    (row,) = read_dump("a.zst", dump(odd))
    assert state(row) == "empty_text"


@pytest.mark.shared
def test_the_real_dumps(shared_data: Path) -> None:
    comments = rows_of(shared_data / "social/RC_2005-12.zst")
    assert len(comments) == 1075
    assert {state(row) for row in comments} == {"text", "deleted_post"}
    posts = rows_of(shared_data / "social/AskMen_submissions.zst")
    assert len(posts) == 13050
    assert not any(state(row) == "error" for row in posts)


@pytest.mark.parametrize(
    "more",
    [
        {"author": "AutoModerator"},
        {"body": "Link fixed.\n\n*I am a bot, and this action was performed automatically.*"},
        {"body": "^I'm a bot! ^Please [contact the creator](x)."},
    ],
)
def test_posts_of_programs_are_skipped(read_dump: ReadDump, more: dict[str, Any]) -> None:
    (row,) = read_dump("RC_2005-12.zst", dump(COMMENT | more))
    assert state(row) == "bot_post"


@pytest.mark.parametrize("body", ["Sometimes I think I am a bot.", "contact a robot"])
def test_people_may_speak_of_bots(read_dump: ReadDump, body: str) -> None:
    (row,) = read_dump("RC_2005-12.zst", dump(COMMENT | {"body": body, "author": "talbot"}))
    assert state(row) == "text"
