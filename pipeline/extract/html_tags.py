"""What is known of HTML's tags, attributes and of the words that sites name their boxes with.

Names are packed into 64 bits: the first eight letters, lower case. The tables are open-addressing
hash tables that kernels look the packed names up in.
"""

from collections.abc import Mapping

import numpy as np
from numba import njit
from numpy.typing import NDArray

# What a tag is, as bits.
BLOCK = 1
VOID = 2
RAW = 4  # its content is no markup
SKIP = 8  # its content is no text of the page
HEADING = 16
CELL = 32
BARRIER = 64  # an end tag does not reach over it

_names = str.split

_BLOCKS = _names(
    "address article aside blockquote body center dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html head legend li main "
    "menu nav ol p pre section summary table tbody td tfoot th thead tr ul caption"
)
_VOIDS = _names("area base br col embed hr img input link meta param source track wbr")
_RAWS = _names("script style textarea title iframe noembed noframes noscript xmp")
_SKIPS = _names("template svg select button canvas object audio video datalist rp map")
_INLINE = _names("a b strong i em span font time label small u code cite q sup sub abbr mark ins")
_RUBY = _names("ruby rt rb")  # readings of words, above them in small print
_AMP = _names("amp-ad amp-sticky-ad amp-embed amp-sidebar amp-consent amp-analytics")

TAGS: dict[str, int] = {
    name: number
    for number, name in enumerate(
        dict.fromkeys(_BLOCKS + _VOIDS + _RAWS + _SKIPS + _INLINE + _RUBY + _AMP), 1
    )
}
"""Tag name -> number; 0 is any other tag."""

# The bits of what a box is called; a word in its class, id, role or itemprop sets them.
HINTS: tuple[str, ...] = (
    "comment comments disqus reply replies discussion kommentar kommentare "
    "commentaires pinglun respond",
    "share sharing social facebook twitter whatsapp linkedin pinterest addthis follow teilen like",
    "related recommend recommended recirc more readmore similar also popular "
    "trending trends outbrain "
    "taboola mostread latest recent next previous prev pager pagination xiangguan tuijian",
    "nav navigation navbar menu breadcrumb breadcrumbs crumb crumbs toolbar tabs submenu",
    "footer foot copyright imprint bottom legal colophon",
    "header masthead banner logo topbar head top",
    "sidebar side aside widget rail right left secondary complementary column",
    "ad ads adv advert advertisement adsense promo promoted promotion sponsor "
    "sponsored sponsors werbung anzeige "
    "publicidade guanggao teaser teasers commercial",
    "author byline by bio profile contributor avatar",
    "meta date time timestamp published datetime dateline info details submitted",
    "article story post entry news blog blogpost hentry artikel newsarticle zhengwen",
    "content body text main articlebody articletext bodytext inhalt texte contenido "
    "maincontent richtext",
    "paragraph para paragraphs prose copy rte wysiwyg",
    "caption figcaption image img photo picture figure gallery media video player "
    "slideshow credit foto bild",
    "newsletter subscribe subscription signup register login signin email paywall "
    "premium abo regwall",
    "cookie cookies consent gdpr privacy modal popup overlay notice dialog lightbox alert",
    "tag tags category categories keywords topic topics label labels cat",
    "title headline heading subtitle hed hl titel titre titulo biaoti",
    "lead lede intro summary excerpt standfirst teasertext abstract description dek "
    "chapo deck preview",
    "search form filter input select",
    "list item items links link card cards grid tile listing feed stream",
    "hidden hide invisible print noprint screen sr visually offscreen skip",
    "table toc code highlight quote blockquote footnote references infobox",
    "rating score stars votes product price buy shop cart store deal",
)
ATTRIBUTES = {
    name: number
    for number, name in enumerate(
        _names("class id role itemprop style hidden aria-hid rel href lang type"), 1
    )
}
# Words of texts that are about the site and not about its subject, by what they are of.
NOTICES: tuple[str, ...] = (
    # further reading
    "related read more also see watch latest trending popular recommended next previous article "
    "articles stories story news lesen mehr auch weitere artikel thema lire aussi savoir leer lea "
    "mira vea mas nota leggi anche czytaj lees ook verwandte passend interessieren interested like "
    "missed miss continue reading explore further list gallery slideshow",
    # offers and requests
    "subscribe subscription subscribed newsletter sign signup login register download app apps "
    "click here free offer join donate donation support buy shop order email submit get tip tips "
    "anmelden abonnieren abo kostenlos jetzt hier klicken bestellen kaufen spenden suscribete "
    "abonnez inscrivez descarga telegram advert advertisement sponsored anzeige publicidad "
    "werbung angebot discount deal deals affiliate commission",
    # pictures
    "photo photos photograph image images picture getty ap afp reuters dpa epa file credit "
    "courtesy illustration screenshot video foto fotos bild bilder quelle imago istock "
    "shutterstock adobestock pixabay unsplash caption camera zdjecie imagen",
    # who and when
    "by author authors editor editorial staff reporter writer posted published updated modified "
    "ago mins min minutes views written contributor contributed von vom uhr autor autorin por par "
    "redaktion stand datum january february march april june july august september october "
    "november december januar februar juni juli oktober dezember am pm est edt gmt monday tuesday "
    "wednesday thursday friday saturday sunday",
    # talk and sharing
    "facebook twitter instagram pinterest whatsapp linkedin youtube tiktok reddit share shares "
    "follow follows followers comment comments reply replies likes tweet kommentar kommentare "
    "teilen folgen partager commentaires compartir comentarios compartilhar discuss discussion "
    "print copy link",
    # law and site
    "cookie cookies copyright privacy policy terms conditions reserved rights disclaimer "
    "disclosure imprint datenschutz impressum agb javascript browser loading menu search home "
    "contact kontakt consent copyrighted redistributed permission republished rewritten",
    # shelves
    "tags tagged filed category categories topics topic keywords schlagworte themen rubrik "
    "etiquetas temas sections section",
    # who we are
    "founded headquartered headquarters company companies unternehmen about team mission "
    "journalism nonprofit award winning providers provider leading worldwide member members "
    "website www correspondent journalist columnist host professor phd ceo",
)
NUM_NOTICES = len(NOTICES)


def pack(name: str) -> int:
    """The first eight bytes of a name as a number, as the kernels pack it."""
    packed = 0
    for byte in name.encode()[:8]:
        packed = packed << 8 | byte
    return packed


def _table(numbers: Mapping[str, int]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    size = 1 << max(4, (4 * len(numbers)).bit_length())
    keys = np.zeros(size, np.uint64)
    values = np.zeros(size, np.int64)
    for name, number in numbers.items():
        key = pack(name)
        slot = _slot(key, size)
        while keys[slot] and keys[slot] != key:
            slot = (slot + 1) % size
        keys[slot] = key
        values[slot] |= number
    return keys, values


def _bits(kinds: tuple[str, ...]) -> dict[str, int]:
    """Bits of each word; a word may be of several kinds."""
    bits: dict[str, int] = {}
    for bit, words in enumerate(kinds):
        for word in words.split():
            bits[word] = bits.get(word, 0) | 1 << bit
    return bits


def _slot(key: int, size: int) -> int:
    return (key * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF) >> (64 - size.bit_length() + 1)


@njit(inline="always")
def look_up(keys: NDArray[np.uint64], values: NDArray[np.int64], key: np.uint64) -> int:
    """Number of a packed name; 0 when the table lacks it."""
    if key == np.uint64(0):
        return 0
    size = len(keys)
    bits = 0
    while (1 << bits) < size:
        bits += 1
    slot = np.int64((key * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - bits))
    while keys[slot] != np.uint64(0):
        if keys[slot] == key:
            return int(values[slot])
        slot = (slot + 1) & (size - 1)
    return 0


def _kinds() -> NDArray[np.int64]:
    kinds = np.zeros(len(TAGS) + 1, np.int64)
    for names, bit in (
        (_BLOCKS, BLOCK),
        (_VOIDS, VOID),
        (_RAWS, RAW | SKIP),
        (_SKIPS, SKIP),
        (("rt",), SKIP),
        (_AMP, BLOCK | SKIP),
        (("h1", "h2", "h3", "h4", "h5", "h6"), HEADING),
        (("td", "th"), CELL),
        (("td", "th", "table", "caption", "body", "html"), BARRIER),
    ):
        for name in names:
            kinds[TAGS[name]] |= bit
    return kinds


KINDS = _kinds()
TAG_KEYS, TAG_VALUES = _table(TAGS)
ATTRIBUTE_KEYS, ATTRIBUTE_VALUES = _table(ATTRIBUTES)
HINT_KEYS, HINT_VALUES = _table(_bits(HINTS))
NOTICE_KEYS, NOTICE_VALUES = _table(_bits(NOTICES))

# What a block stands in, as bits above those of the hints.
STRUCTURES = _names(
    "article main nav aside footer header form figure table ul ol blockquote dl pre address "
    "figcaption details li"
)
HIDDEN_BIT = len(HINTS) + len(STRUCTURES)
STRUCTURE_BITS = np.zeros(len(TAGS) + 1, np.int64)
for _place, _name in enumerate(STRUCTURES):
    STRUCTURE_BITS[TAGS[_name]] = 1 << (len(HINTS) + _place)
