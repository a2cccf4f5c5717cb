"""Books as plain text files with the header and the licence of the great free library."""

from collections.abc import Sequence

from pipeline.demo.items import Item

_HEADER = """\
The Project Gutenberg eBook of {title}

This file was made by a program to show what such a file looks like. It is
no part of the library whose layout it follows, and you may do with it
whatever you like.

Title: {title}

Author: {author}

Release date: May 1, 2024 [eBook #{number}]

Language: {language}

Character set encoding: {charset}

*** START OF THE PROJECT GUTENBERG EBOOK {upper} ***




{upper}

by {author}



"""
_FOOTER = """



*** END OF THE PROJECT GUTENBERG EBOOK {upper} ***

THE FULL LICENSE

PLEASE READ THIS BEFORE YOU DISTRIBUTE OR USE THIS WORK

Section 1. This file is a demonstration. The lines from here to its end
stand where the real files have several pages of terms, and a program that
reads such files has to leave them out.

1.A. By reading or using any part of this work, you indicate that you have
understood that there is nothing to agree to.
"""
_LINE = 72
_LANGUAGES = {"en": "English", "de": "German", "zh": "Chinese", "fr": "French"}


def book(
    title: str,
    author: str,
    number: int,
    language: str,
    chapters: Sequence[Item],
    *,
    encoding: str = "utf-8",
) -> bytes:
    """One book; its lines end as on the library's servers."""
    charset = {"utf-8": "UTF-8", "iso-8859-1": "ISO-8859-1"}[encoding]
    facts = {"title": title, "author": author, "number": number, "upper": title.upper()}
    text = _HEADER.format(**facts, language=_LANGUAGES[language], charset=charset)
    for place, chapter in enumerate(chapters, start=1):
        if len(chapters) > 1:
            text += f"\n\nCHAPTER {place}\n\n{chapter.title}\n\n"
        text += "\n\n".join(_wrap(paragraph, language) for paragraph in chapter.paragraphs) + "\n"
    text += _FOOTER.format(**facts)
    return text.replace("\n", "\r\n").encode(encoding)


def _wrap(paragraph: str, language: str) -> str:
    if language == "zh":
        return "　　" + paragraph
    # Not textwrap: it would break words at hyphens, which the reader cannot undo.
    lines = [""]
    for word in paragraph.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > _LINE:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".lstrip()
    return "\n".join(lines)
