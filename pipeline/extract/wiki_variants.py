"""Language variants: ``-{zh-hans:计算机; zh-hant:電腦}-`` shows the word of the reader's script.

A page of the Chinese Wikipedia is stored in the mixture of scripts that its authors wrote. The
variant is chosen that fits most of the page, so that a text does not change script in a sentence.
"""

import re

# Unclosed or nested ones stay as they are; no brace inside bounds the search.
_CONVERSION = re.compile(r"-\{([^{}]{0,1000})\}-")
_VARIANT = re.compile(r"\s*((?:zh|sr|gan|kk|ku|tg|uz|iu|shi)(?:-[a-z]{2,6})?)\s*:(.*)", re.S | re.I)
_NEXT_VARIANT = re.compile(r";(?=\s*(?:zh|sr|gan|kk|ku|tg|uz|iu|shi)(?:-[a-z]{2,6})?\s*:)", re.I)
# Rules for the rest of the page, its title, a description of a rule, a rule taken back.
_HIDDEN_FLAGS = frozenset("HTD-")
_SIMPLIFIED = ("zh-hans", "zh-cn", "zh-sg", "zh-my", "gan-hans", "zh")
_TRADITIONAL = ("zh-hant", "zh-tw", "zh-hk", "zh-mo", "gan-hant", "zh")
# The same words in both scripts, among the most frequent ones that differ.
_SCRIPTS = ("这国来个们为说时对会发经学进种过还没动现", "這國來個們為說時對會發經學進種過還沒動現")


def resolve_variants(text: str) -> str:
    """Text with one variant where a page offers several.

    >>> resolve_variants("這個-{zh-hans:软件; zh-hant:軟體}-")
    '這個軟體'
    >>> resolve_variants("这-{zh-hant:軟體; zh-hans:软件}-，-{H|zh-cn:a}-b")
    '这软件，b'
    """
    if "-{" not in text:
        return text
    simplified, traditional = (sum(map(text.count, script)) for script in _SCRIPTS)
    wanted = _TRADITIONAL if traditional > simplified else _SIMPLIFIED
    return _CONVERSION.sub(lambda match: _show(match[1], wanted), text)


def _show(content: str, wanted: tuple[str, ...]) -> str:
    flags, bar, rest = content.partition("|")
    if bar and "[[" not in flags:
        if _HIDDEN_FLAGS & {flag.strip().upper() for flag in flags.split(";")}:
            return ""
        content = rest
    found: dict[str, str] = {}
    for part in _NEXT_VARIANT.split(content):
        variant = _VARIANT.fullmatch(part)
        if variant is None:
            return content
        found.setdefault(variant[1].lower(), variant[2].strip().rstrip(";"))
    return next((found[name] for name in wanted if name in found), next(iter(found.values())))
