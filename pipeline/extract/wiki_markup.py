"""What a wiki link and a template show, given what stands between their brackets."""

import re
from collections.abc import Collection

DROPPED_NAMESPACES = frozenset(
    "file image media category|datei bild kategorie|fichier catégorie|archivo imagen categoría"
    "|arquivo ficheiro imagem categoria|immagine categoria|bestand afbeelding categorie"
    "|plik grafika kategoria|файл изображение категория|зображення категорія|soubor kategorie"
    "|文件 档案 檔案 图像 圖像 分类 分類|ファイル 画像 カテゴリ|파일 그림 분류|ملف صورة تصنيف"
    "|קובץ קטגוריה|dosya kategori|berkas kategori|ไฟล์ หมวดหมู่|चित्र श्रेणी".replace("|", " ").split()
) | {"tập tin", "thể loại"}
"""Names of the namespaces for files and categories, in lower case, in the larger wikis."""

_LANGUAGE_LINK = re.compile(r"[a-z]{2,3}(?:-[a-z]{2,10})?|simple")
_NAMED = re.compile(r"\s*[A-Za-z_][\w -]{0,30}=")
_NUMBERED = re.compile(r"^\s*\d{1,2}\s*=")
_DISAMBIGUATION = re.compile(r"\s*\([^()]*\)$|,.*$")

# Templates that only dress a text -> which of their unnamed arguments is the text.
_TEXT_ARGUMENT = {
    "lang": -1, "transl": -1, "transliteration": -1, "nowrap": 0, "nobr": 0, "small": 0,
    "big": 0, "abbr": 0, "ruby": 0, "ruby-ja": 0, "仮リンク": 0, "link-en": 0, "le": 0, "ill": 0,
    "tsl": -1, "quote": 0, "blockquote": 0, "cquote": 0, "quotation": 0, "math": 0, "mvar": 0,
    "sic": 0, "em": 0, "strong": 0, "smallcaps": 0, "sc": 0, "vanchor": 0, "visible anchor": 0,
    "color": -1, "font color": -1, "nihongo": 0, "script": -1, "unicode": 0, "okina": 0,
}  # fmt: skip
_CHARACTERS = {
    "ndash": "–", "spaced ndash": " – ", "snd": " – ", "mdash": "—", "spaced mdash": " — ",
    "!": "|", "=": "=", "nbsp": " ", "space": " ", "'": "'", "·": " · ", "dot": " · ",
    "bullet": " • ", "pound": "£", "euro": "€", "degree": "°",
}  # fmt: skip
_CONVERT = frozenset({"convert", "cvt"})
_RANGE_WORDS = {"-": "–", "–": "–", "to": " to ", "and": " and ", "or": " or ", "by": " by ",
                "x": " × ", "×": " × "}  # fmt: skip


def render_link(content: str, dropped_namespaces: Collection[str] = DROPPED_NAMESPACES) -> str:
    """Text that ``[[content]]`` shows.

    >>> render_link("tea|teas"), render_link("Tea (drink)|"), render_link("Tea")
    ('teas', 'Tea', 'Tea')
    >>> render_link("File:Tea.jpg|thumb|A cup"), render_link("fr:Thé"), render_link(":Category:Tea")
    ('', '', 'Category:Tea')
    """
    target, bar, label = content.partition("|")
    target = target.strip()
    namespace, colon, rest = target.partition(":")
    if colon and namespace:
        name = namespace.strip().lower().replace("_", " ")
        if name in dropped_namespaces:
            return ""
        if not bar and _LANGUAGE_LINK.fullmatch(namespace) and not rest.startswith(" "):
            return ""
    if not bar:
        return target.removeprefix(":").split("#")[0] or target.lstrip("#")
    label = label.rsplit("|", 1)[-1]
    if label.strip():
        return label
    return _DISAMBIGUATION.sub("", rest if colon and namespace else target)


def render_template(content: str) -> str:
    """Text that ``{{content}}`` shows where that can be told without its definition, else
    nothing.

    >>> render_template("lang|fr|vin"), render_template("convert|5|km|mi"), render_template("Box|x")
    ('vin', '5 km', '')
    """
    if len(content) > 20000:
        return ""
    name, *arguments = content.split("|")
    name = name.strip().lower().replace("_", " ")
    if name in _CHARACTERS:
        return _CHARACTERS[name]
    if name.startswith("formatnum:"):
        return name.removeprefix("formatnum:").strip()
    values = [_NUMBERED.sub("", each).strip() for each in arguments if not _NAMED.match(each)]
    if name in _CONVERT:
        return _render_quantity(values)
    position = -1 if name.startswith("lang-") and len(name) < 12 else _TEXT_ARGUMENT.get(name)
    if position is None:
        return ""
    named = re.search(r"\|\s*(?:1|text|quote)\s*=([^|]*)", content)
    if named is not None:
        return named[1].strip()
    return values[position] if values else ""


def _render_quantity(values: list[str]) -> str:
    if len(values) >= 4 and values[1] in _RANGE_WORDS:
        return f"{values[0]}{_RANGE_WORDS[values[1]]}{values[2]} {values[3]}"
    return " ".join(values[:2])
