"""What a wiki link shows, given what stands between its brackets."""

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
    return _without_distinction(rest if colon and namespace else target)


def _without_distinction(title: str) -> str:
    """``Tea (drink)`` and ``Bath, Maine`` without what tells them from others of their name."""
    end = title.find(",")
    bracket = title.rfind("(") if title.endswith(")") else -1
    if bracket >= 0 and ")" not in title[bracket:-1] and not 0 <= end < bracket:
        return title[:bracket].rstrip()
    return title[:end] if end >= 0 else title
