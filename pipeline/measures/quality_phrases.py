"""Phrases that tell what a line is: boilerplate, dummy text, a counter, a piece of navigation."""

from enum import IntEnum

import numpy as np
from numba import njit
from numpy.typing import NDArray


class PhraseKind(IntEnum):
    """What a line with the phrase is."""

    BOILERPLATE = 1
    """About the page and not of it: C4 removes such lines."""
    LOREM_IPSUM = 2
    """Dummy text: C4 removes the page."""
    COUNTER = 3
    """What social media count; with a number and nothing else it is the whole line."""
    OPENING = 4
    """Navigation at the beginning of a line of at most ten words."""
    CLOSING = 5
    """Navigation at the end of such a line."""
    ANYWHERE = 6
    """Navigation in such a line."""


# Boilerplate: Raffel et al. 2020, section 2.2, with the phrases of its reference code. Counters and
# navigation: Penedo et al. 2023 (RefinedWeb), appendix G.2, with the words of DCLM's reading of it.
# The Chinese and Japanese ones are ours.
_PHRASES = {
    PhraseKind.BOILERPLATE: (
        "javascript", "terms of use", "privacy policy", "cookie policy", "uses cookies",
        "use of cookies", "use cookies", "隐私政策", "隱私政策", "使用条款", "使用條款", "服务条款",
        "版权所有", "プライバシーポリシー", "利用規約",
    ),
    PhraseKind.LOREM_IPSUM: ("lorem ipsum",),
    PhraseKind.COUNTER: (
        "likes", "shares", "comments", "retweets", "reposts", "quotes", "bookmarks", "upvotes",
        "downvotes", "downloads", "views", "followers", "阅读", "閱讀", "浏览", "瀏覽", "点赞",
        "按讚", "评论", "評論", "留言", "转发", "分享", "收藏", "粉丝", "下载",
    ),
    PhraseKind.OPENING: ("sign-in", "登录", "登入"),
    PhraseKind.CLOSING: (
        "read more...", "read more…", "阅读全文", "閱讀全文", "查看更多", "展开全文", "続きを読む",
    ),
    PhraseKind.ANYWHERE: ("items in cart", "加入购物车", "加入購物車"),
}  # fmt: skip
# By the first byte, then the longest first: "阅读全文" goes before "阅读".
_SORTED = sorted(
    ((text.encode(), kind) for kind, texts in _PHRASES.items() for text in texts),
    key=lambda entry: (entry[0][0], -len(entry[0])),
)


def _words_in(phrase: bytes) -> int:
    text = phrase.decode()
    return len(text.split()) if text.isascii() or "…" in text else len(text)


_BYTES = np.frombuffer(b"".join(phrase for phrase, _ in _SORTED), np.uint8)
_OFFSETS = np.cumsum([0, *(len(phrase) for phrase, _ in _SORTED)]).astype(np.int64)
# Phrases that begin with byte b: _RANGES[b] to _RANGES[b + 1].
_RANGES = np.searchsorted([phrase[0] for phrase, _ in _SORTED], np.arange(257)).astype(np.int64)
PHRASE_KINDS = np.array([kind for _, kind in _SORTED], np.int64)
"""Kind of each phrase, int64 (num_phrases,)."""
PHRASE_WORDS = np.array([_words_in(phrase) for phrase, _ in _SORTED], np.int64)
"""Its words; a character of Chinese or Japanese is one."""
PHRASE_LETTERS = np.array(
    [sum(map(str.isalpha, phrase.decode())) for phrase, _ in _SORTED], np.int64
)
"""Its letters."""


@njit("int64(uint8[::1], int64, int64)", cache=True, nogil=True)
def phrase_at(data: NDArray[np.uint8], at: int, last: int) -> int:
    """The longest phrase that begins at byte ``at`` of ``data[:last]``, whatever its ASCII case;
    -1 when none does. What follows it is not looked at."""
    lead = data[at] | 0x20 if 65 <= data[at] <= 90 else data[at]
    for phrase in range(_RANGES[lead], _RANGES[lead + 1]):
        begin, length = _OFFSETS[phrase], _OFFSETS[phrase + 1] - _OFFSETS[phrase]
        if at + length > last:
            continue
        same = True
        for i in range(1, length):
            byte = data[at + i]
            if 65 <= byte <= 90:
                byte |= 0x20
            if byte != _BYTES[begin + i]:
                same = False
                break
        if same:
            return phrase
    return -1
