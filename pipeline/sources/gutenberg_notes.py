"""What the makers of a Gutenberg file wrote into the book: credits, notes, marks of typesetting.

Volunteers write in their own languages and in no fixed form. A note is told by its heading; where
that could as well be the author's (``Au lecteur``), its words must speak of files, originals and
misprints.
"""

import re
from dataclasses import dataclass

_FLAGS = re.I | re.M
_LEADING_PARAGRAPHS = 12
_FRONT = 20_000
"""Characters of a book in which notes at the beginning are looked for."""
_BACK = 0.9
"""Share of a book behind which a note goes on to the end."""
_LONGEST_HEADING = 70
_LONGEST_NOTE = 8_000

_CREDIT = re.compile(
    r"\s*\[?(?:"
    r"(?:Produced|Transcribed|Scanned|Prepared|Created) (?:by|from|with)|HTML version"
    r"|E-?text (?:prepared|scanned|produced)|Updated editions|Note: (?:Project Gutenberg|Images)"
    r"|This (?:e-?text|e-?book|book|file) was (?:\w+ )?(?:produced|prepared|provided|generously)"
    r"|(?:Images?|Page scans?) (?:generously )?(?:made available|provided)"
    r"|(?:Produit|Réalisé|Préparé|Numérisé) par|(?:Erstellt|Hergestellt|Produziert) von"
    r"|(?:Producido|Preparado|Digitalizado|Produzido) por|(?:Prodotto|Preparato) da"
    r"|(?:Geproduceerd|Gemaakt|Bewerkt) door|Tuottanut|Producerad av|Produceret af"
    r"|Dieses Buch wurde uns freundlicherweise)",
    re.I,
)
_MAKERS = re.compile(
    r"Project Gutenberg|Distributed Proofread|pgdp\.net|gutenberg\.(?:org|net|ph)|gallica\.bnf"
    r"|archive\.org|Google (?:Books|Print)|HathiTrust|\bPG E-?(?:book|text)|Proyektong Gutenberg",
    re.I,
)
_FIELD_LINE = re.compile(
    r"(?:Title|Author|Language|Release Date|Posting Date|Character set encoding):", re.I
)
_COVER = re.compile(r"\s*\[?(?:(?:book |the )?cover|couverture|omslag|frontispiece)\]?\s*$", re.I)
_RULE = re.compile(r"[\s*_=~+#\-\u2014.]*$")

_MAKER = (
    r"trans?cri|trascri|transkri|transskri|transkryp|preparer|proof-?reader|scanner|producer"
    r"|digiti[sz]er|redactor|e-?text|\bnagsalin|bewerker|überarbeit"
)
_NOTE = (
    r"\bnot(?:e|a|as|es|en|er|o|os|i|it|izen|er?ing\w*)?\b|anmerk|bemerk|hinweis|opmerk|\bnoot"
    r"|anm[äa]rkn|bem[æa]rkn|merknad|huomautu|uwag|poznám|remar[kq]|avis|paalala|errat|comment|error|erreur|fehler|fouten"
)
_HEADING = re.compile(
    rf"(?=.*(?:{_MAKER}))(?=.*(?:{_NOTE})).+|.*(?:校對記|校对记|入力者注|錄入)", re.I
)
_EITHER = re.compile(
    r"(?:aux? lecteurs?|avis|to the reader|(?:list of )?corrections|corrigenda|errata|noteringar"
    r"|notes?|notas?|nota (?:de|del) editor|(?:liste des )?corrections|anmerkung(?:en)?|korrekturen"
    r"|hinweise?|bemerkung(?:en)?|opmerking(?:en)?|huomautu\w+|anmärkning(?:ar)?|uwagi"
    r"|bemærkning(?:er)?|merknader?|erratas?)\W*$",
    re.I,
)
_TALK = re.compile(
    r"transcri|transkri|trascri|\be-?texts?\b|\be-?books?\b|électronique|elektroni|electr[oó]nic"
    r"|elettronic|typographi|tipogr[aá]f|typogra|Druckfehler|drukfout|zetfout|painovirhe|tryckfel"
    r"|trykfejl|corrig|corregid|corrected|korrig|verbeterd|remplac|changed (?:to|from)"
    r"|replaced (?:by|with)|ersetzt|geändert|Schreibweise|Interpunktion|Zeichensetzung|italiq"
    r"|italics?\b|kursiv|cursi[ef]|gesperrt gedruckt|underscore|\bscan|\bOCR\b|proofread"
    r"|fin du texte|Ende des Textes|original (?:edition|spelling|print)|texto? original"
    r"|[OÓ]riginaltext|edici[oó]n original|ditto marks",
    re.I,
)

_PICTURE = re.compile(
    r"\[(?:Illustration|Vignette|Decoration|Frontispiece|Larawan|Abbildung|Bild|Ilustraci[oó]n|"
    r"Ilustra[cç][aã]o|Afbeelding|Illustrazione|Kuva|Gravura|Musi[ck]|Musique|Blank Page)\b"
    r"(?::[^\]]{0,500})?\]",
    re.I,
)
_INLINE_NOTE = re.compile(
    r"\[(?:Transcriber['\u2019]?s['\u2019]? notes?|TN|Tr\. note|Note (?:du|de|von|des|van|del) \w+"
    r"|Note Project Gutenberg)\b(?:[^\[\]]|\[[^\[\]]{0,80}\]){0,800}\]",
    re.I,
)
_UNDERSCORED = re.compile(r"(?<!\w)_([^_\n]+)_(?!\w)")
_BOXED = re.compile(r"^/\*(?: NIND| RIGHT| CENTER)?[ \n]?| ?\*/$", re.M)
_MARKS = {
    mark: re.compile(
        rf"(?<![\w{mark}]){mark}(\S(?:[^{mark}\n]|\n(?!\n)){{0,300}}){mark}(?![\w{mark}])"
    )
    for mark in "=~#+"
}
_FEWEST_MARKS = 5
"""Pairs of a sign from which on it marks type, and is no sign of the author's."""


@dataclass(frozen=True, slots=True)
class _Block:
    start: int
    end: int
    text: str


def drop_notes(body: str) -> str:
    """A book, still in its wrapped lines, without its makers' notes and labels of pictures.

    >>> drop_notes("It rained.\\n\\n[Illustration: Rain]\\n\\nIt snowed.")
    'It rained.\\n\\n\\n\\nIt snowed.'
    """
    body = _INLINE_NOTE.sub("", _PICTURE.sub("", body))
    front = _blocks(body, 0, _FRONT)[: 3 * _LEADING_PARAGRAPHS]
    body = _without(body, _notes(body, front, is_back=False))
    back = _blocks(body, int(len(body) * _BACK), len(body))
    return _without(body, _notes(body, back, is_back=True))


def drop_credits(paragraphs: list[str]) -> list[str]:
    """The paragraphs without those at the beginning which say who made the file."""
    kept: list[str] = []
    for index, part in enumerate(paragraphs):
        if not part.strip() or (index < _LEADING_PARAGRAPHS and _is_credit(part)):
            continue
        if not kept and (_COVER.match(part) or _RULE.match(part)):
            continue
        kept.append(part)
    return kept


def drop_marks(text: str) -> str:
    """A text without the signs that stand for italics, bold type and their like.

    >>> drop_marks("A _very_ wet day in the file_name_here.")
    'A very wet day in the file_name_here.'
    """
    text = _BOXED.sub("", _UNDERSCORED.sub(r"\1", text))
    for mark, pattern in _MARKS.items():
        if text.count(mark) >= 2 * _FEWEST_MARKS and len(pattern.findall(text)) >= _FEWEST_MARKS:
            text = pattern.sub(r"\1", text)
    return text


def _is_credit(part: str) -> bool:
    return bool(_CREDIT.match(part) or _MAKERS.search(part) or _FIELD_LINE.match(part))


def _blocks(body: str, start: int, stop: int) -> list[_Block]:
    """Pieces between blank lines that lie between two places."""
    if start:
        start = body.find("\n\n", start) + 2 or len(body)
    found: list[_Block] = []
    first, at = None, start
    for line in body[start:stop].split("\n"):
        if line.strip():
            first = at if first is None else first
        elif first is not None:
            found.append(_Block(first, at - 1, body[first : at - 1]))
            first = None
        at += len(line) + 1
    if first is not None and stop >= len(body):
        found.append(_Block(first, len(body), body[first:]))
    return found


def _notes(body: str, blocks: list[_Block], *, is_back: bool) -> list[tuple[int, int]]:
    """Places of the notes among some blocks."""
    places: list[tuple[int, int]] = []
    index = 0
    while index < len(blocks):
        end = _end_of_note(body, blocks, index, is_back=is_back)
        if end is None:
            index += 1
            continue
        places.append((blocks[index].start, end))
        while index < len(blocks) and blocks[index].start < end:
            index += 1
    return places


def _end_of_note(body: str, blocks: list[_Block], index: int, *, is_back: bool) -> int | None:
    """Where the note ends that a block begins; ``None`` when it begins none."""
    block = blocks[index]
    following = blocks[index + 1 : index + 3]
    first = block.text.strip().splitlines()[0]
    heading = first.strip(" \t*_=|[+-#~")
    label, colon, _ = heading.partition(":")
    is_heading = len(heading) <= _LONGEST_HEADING and _HEADING.match(heading) is not None
    is_label = bool(colon) and len(label) <= _LONGEST_HEADING and _HEADING.match(label) is not None
    if block.text.lstrip().startswith(("[", "+-", "|")) and not block.text.lstrip().startswith(
        ("[1", "[A]", "[*]", "[Footnote")
    ):
        if not (is_heading or is_label or (is_back and _TALK.search(block.text[:400]))):
            boxed = block.text.lstrip().startswith("+-") and _HEADING.search(block.text[:400])
            return block.end if boxed else None
        return _closing(body, block, is_back=is_back)
    is_short = "\n" not in block.text.strip()
    if is_short and is_heading:
        pass
    elif is_short and _EITHER.match(heading):
        if not any(_TALK.search(each.text) for each in following):
            return None
    elif is_label or is_heading:  # the heading and the note in one block
        return _last_talking(blocks, index, block.end)
    else:
        return None
    if is_back:
        return len(body)
    return _last_talking(blocks, index + 1, following[0].end if following else block.end)


def _closing(body: str, block: _Block, *, is_back: bool) -> int:
    """Behind the bracket that closes the one with which a block begins."""
    depth = 0
    limit = len(body) if is_back else block.start + _LONGEST_NOTE
    for match in re.finditer(r"[\[\]]", body[block.start : limit]):
        depth += 1 if match[0] == "[" else -1
        if depth == 0:
            return max(block.start + match.end(), block.start + 1)
    return len(body) if is_back else block.end


def _last_talking(blocks: list[_Block], index: int, end: int) -> int:
    """End of the last block behind ``index`` up to which all speak as makers do."""
    for block in blocks[index + 1 :]:
        if not _TALK.search(block.text) or block.end - blocks[index].start > _LONGEST_NOTE:
            break
        end = block.end
    return end


def _without(body: str, places: list[tuple[int, int]]) -> str:
    parts, at = [], 0
    for start, end in places:
        parts.append(body[at:start])
        at = max(at, end)
    return "".join([*parts, body[at:]])
