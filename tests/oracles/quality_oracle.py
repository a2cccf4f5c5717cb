"""Quality statistics of one text in plain Python: slow and obvious."""

import re
from collections import Counter
from typing import Any

from tests.oracles.words_oracle import (
    TERMINALS,
    is_south_east_asian,
    is_unspaced,
    kind,
    split_words,
    word_spans,
)

STOP_WORDS = {"the", "be", "to", "of", "and", "that", "have", "with"}
BULLETS = "-*•‣▪▫◦●○■□◆◇★☆▶►·・※"
FUNCTION_CHARACTERS = "的是不了在有和也之而以其"
COUNTERS = (
    "likes", "shares", "comments", "retweets", "reposts", "quotes", "bookmarks", "upvotes",
    "downvotes", "downloads", "views", "followers", "阅读", "閱讀", "浏览", "瀏覽", "点赞", "按讚",
    "评论", "評論", "留言", "转发", "分享", "收藏", "粉丝", "下载",
)  # fmt: skip
OPENINGS = ("sign-in", "登录", "登入")
CLOSINGS = (
    "read more...", "read more…", "阅读全文", "閱讀全文", "查看更多", "展开全文", "続きを読む",
)  # fmt: skip
ANYWHERE = ("items in cart", "加入购物车", "加入購物車")
CLOSERS = "\"'”’“‘»›«‹」』)）]】》〉"
BOILERPLATE = (
    "javascript", "terms of use", "privacy policy", "cookie policy", "uses cookies",
    "use of cookies", "use cookies", "隐私政策", "隱私政策", "使用条款", "使用條款", "服务条款",
    "版权所有", "プライバシーポリシー", "利用規約",
)  # fmt: skip


def is_visible(character: str) -> bool:
    return kind(character) not in ("space", "newline")


def ratio(part: float, whole: float) -> float:
    return part / max(whole, 1)


def statistics(text: str) -> dict[str, Any]:
    """All columns of ``pipeline.measures.quality.measure`` for one text."""
    words = split_words(text)
    word_characters = sum(map(len, words))
    spaced = [word for word in words if not is_unspaced(word[0])]
    visible = [character for character in text if is_visible(character)]
    letters = [character for character in text if kind(character) == "letter"]
    marks = [character for character in text if kind(character) == "mark"]
    lines = [line for line in map(_trimmed, text.split("\n")) if line]
    ends = _sentence_ends(text)
    phrases = _phrases(text)
    paragraphs = _paragraphs(text)
    line_characters = sum(map(len, lines))

    sentences = prose_sentences = boilerplate_lines = sentence_lines = 0
    at = 0
    for line in text.split("\n"):
        here = sum(at <= end <= at + len(line) for end in ends)
        is_boilerplate = any(
            at <= place < at + len(line) for place, effect in phrases if effect == "boilerplate"
        )
        sentences += here
        boilerplate_lines += is_boilerplate
        sentence_lines += here > 0 and _trimmed(line) != ""
        if _is_terminal(line) and len(split_words(line)) >= 3 and not is_boilerplate:
            prose_sentences += here
        at += len(line) + 1

    result: dict[str, Any] = {
        "num_utf8_bytes": len(text.encode()),
        "num_characters": len(text),
        "num_words": len(words),
        "num_lines": len(lines),
        "num_paragraphs": len(paragraphs),
        "num_sentences": sentences,
        "num_prose_sentences": prose_sentences,
        "num_stop_words": len({_lower(word) for word in words} & STOP_WORDS),
        "num_function_characters": len(set(words) & set(FUNCTION_CHARACTERS)),
        "num_lorem_ipsum": sum(effect == "lorem ipsum" for _, effect in phrases),
        "num_curly_brackets": text.count("{") + text.count("}"),
        "longest_word": max(map(len, words), default=0),
        "mean_word_length": ratio(sum(map(len, spaced)), len(spaced)),
        "hashes_per_word": ratio(text.count("#") + text.count("＃"), len(words)),
        "ellipses_per_word": ratio(
            sum("…" in run or len(run) >= 3 for run in re.findall("[.…]+", text)), len(words)
        ),
        "newlines_per_word": ratio(text.count("\n"), len(words)),
        "alphabetic_word_fraction": ratio(
            sum(any(kind(character) == "letter" for character in word) for word in words),
            len(words),
        ),
        "alphabetic_fraction": ratio(len(letters) + len(marks), len(visible)),
        "digit_fraction": ratio(sum(kind(c) == "digit" for c in text), len(visible)),
        "uppercase_fraction": ratio(
            sum(_is_upper(character) for character in letters), len(letters)
        ),
        "unspaced_fraction": ratio(sum(map(is_unspaced, letters)), len(letters)),
        "replacement_fraction": ratio(text.count("\ufffd"), len(visible)),
        "bullet_line_fraction": ratio(sum(line[0] in BULLETS for line in lines), len(lines)),
        "ellipsis_line_fraction": ratio(sum(map(_is_ellipsis, lines)), len(lines)),
        "terminal_line_fraction": ratio(sum(map(_is_terminal, lines)), len(lines)),
        "sentence_line_fraction": ratio(sentence_lines, len(lines)),
        "short_line_fraction": ratio(
            sum(len(line) + sum(map(is_unspaced, line)) <= 30 for line in lines), len(lines)
        ),
        "boilerplate_line_fraction": ratio(boilerplate_lines, len(lines)),
        "undesirable_word_fraction": ratio(sum(map(_undesirable_words, lines)), len(words)),
        "duplicate_line_fraction": ratio(len(_again(lines)), len(lines)),
        "duplicate_line_character_fraction": ratio(sum(map(len, _again(lines))), line_characters),
        "duplicate_paragraph_fraction": ratio(len(_again(paragraphs)), len(paragraphs)),
        "duplicate_paragraph_character_fraction": ratio(
            sum(len(line) for paragraph in _again(paragraphs) for line in paragraph),
            line_characters,
        ),
    }
    for n in (2, 3, 4):
        result[f"top_{n}_gram_character_fraction"] = min(
            1.0, ratio(_top_gram(words, n), word_characters)
        )
    for n in (5, 6, 7, 8, 9, 10):
        result[f"duplicate_{n}_gram_character_fraction"] = ratio(
            _duplicate_grams(words, n), word_characters
        )
    result["quality_score"] = (
        (1.0 - result["duplicate_line_character_fraction"])
        * (1.0 - result["duplicate_5_gram_character_fraction"])
        * (1.0 - result["replacement_fraction"])
        * ((1.0 + result["terminal_line_fraction"]) / 2.0)
        * (1.0 - result["boilerplate_line_fraction"])
        * min(1.0, result["alphabetic_fraction"] / 0.8)
        * (len(words) / (len(words) + 50.0))
    )
    return result


def _lower(text: str) -> str:
    """Lower case of ASCII only."""
    return re.sub("[A-Z]", lambda match: match.group().lower(), text)


def _is_upper(character: str) -> bool:
    import unicodedata

    return unicodedata.category(character) in ("Lu", "Lt")


def _trimmed(line: str) -> str:
    while line and not is_visible(line[0]):
        line = line[1:]
    while line and not is_visible(line[-1]):
        line = line[:-1]
    return line


def _unclosed(line: str) -> str:
    """The line without blanks and closing marks at its end."""
    while line and (not is_visible(line[-1]) or line[-1] in CLOSERS):
        line = line[:-1]
    return line


def _is_ellipsis(line: str) -> bool:
    run = re.search("[.…]*$", _unclosed(line))
    return run is not None and ("…" in run.group() or len(run.group()) >= 3)


def _ends_unstopped(text: str) -> bool:
    """Whether the last letter is Thai or the like with only its marks after it."""
    while text and kind(text[-1]) == "mark":
        text = text[:-1]
    return text != "" and is_south_east_asian(text[-1])


def _is_terminal(line: str) -> bool:
    body = _unclosed(line)
    if not body or _is_ellipsis(line):
        return False
    return body[-1] in TERMINALS or _ends_unstopped(body)


def _sentence_ends(text: str) -> list[int]:
    """Places of the characters that end a sentence; the end of the text counts as a line end."""
    ends = []
    is_open = False
    for at, character in enumerate(text + "\n"):
        here = kind(character)
        if here in ("space", "newline"):
            ends_here = _ends_unstopped(text[:at])
        elif character in TERMINALS:
            following = text[at + 1 : at + 2]
            ends_here = not (
                character in ".!?"
                and following != ""
                and kind(following) in ("letter", "mark", "digit")
            )
        else:
            ends_here = False
        if is_open and ends_here:
            ends.append(at)
            is_open = False
        if here in ("letter", "digit"):
            is_open = True
    return ends


def _phrases(text: str) -> list[tuple[int, str]]:
    """Place and effect of the phrases that begin where a word begins."""
    lowered = _lower(text)
    found = []
    for start, _ in word_spans(text):
        if lowered.startswith(BOILERPLATE, start):
            found.append((start, "boilerplate"))
        elif lowered.startswith("lorem ipsum", start):
            found.append((start, "lorem ipsum"))
    return found


def _undesirable_words(line: str) -> int:
    """Words that RefinedWeb's corrections would take from a trimmed line."""
    words = split_words(line)
    letters = [character for character in line if kind(character) == "letter"]
    digits = [character for character in line if kind(character) == "digit"]
    places = [start for start, _ in word_spans(line)]

    def found(phrases: tuple[str, ...]) -> list[tuple[int, str]]:
        every = (*BOILERPLATE, "lorem ipsum", *COUNTERS, *OPENINGS, *CLOSINGS, *ANYWHERE)
        met = []
        for word, place in enumerate(places):
            here = [phrase for phrase in every if _lower(line[place:]).startswith(phrase)]
            longest = max(here, key=len, default="")
            if longest in phrases:
                met.append((word, longest))
        return met

    def size(phrase: str) -> int:
        return len(phrase) if is_unspaced(phrase[0]) else len(phrase.split())

    counters = sum(sum(map(str.isalpha, phrase)) for _, phrase in found(COUNTERS))
    if (
        len(words) < 2
        or 2 * sum(map(_is_upper, letters)) > len(line)
        or len(digits) == len(line)
        or (counters and digits and len(letters) <= counters + 1)
    ):
        return len(words)
    if len(words) > 10:
        return 0
    opening = sum(size(phrase) for word, phrase in found(OPENINGS) if word == 0)
    closing = sum(
        size(phrase) for word, phrase in found(CLOSINGS)[-1:] if word + size(phrase) == len(words)
    )
    return min(len(words), opening + closing + sum(size(p) for _, p in found(ANYWHERE)))


def _paragraphs(text: str) -> list[tuple[str, ...]]:
    """Groups of lines between empty ones, as tuples of trimmed lines."""
    paragraphs: list[list[str]] = [[]]
    for line in map(_trimmed, text.split("\n")):
        if line:
            paragraphs[-1].append(line)
        else:
            paragraphs.append([])
    return [tuple(paragraph) for paragraph in paragraphs if paragraph]


def _again(values: list[Any]) -> list[Any]:
    """The values that have occurred before."""
    return [value for place, value in enumerate(values) if value in values[:place]]


def _grams(words: list[str], n: int) -> list[tuple[str, ...]]:
    return [tuple(words[place : place + n]) for place in range(len(words) - n + 1)]


def _top_gram(words: list[str], n: int) -> int:
    repeated = [
        (times, sum(map(len, gram)))
        for gram, times in Counter(_grams(words, n)).items()
        if times > 1
    ]
    times, length = max(repeated, default=(0, 0))
    return times * length


def _duplicate_grams(words: list[str], n: int) -> int:
    seen = set()
    characters = place = 0
    while place + n <= len(words):
        gram = tuple(words[place : place + n])
        if gram in seen:
            characters += sum(map(len, gram))
            place += n
        else:
            seen.add(gram)
            place += 1
    return characters
