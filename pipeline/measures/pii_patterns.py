"""What personal data looks like: one expression per kind, and the checks that a match must pass.

Kinds with a checksum (IBAN, card, resident id) are matched loosely and proven by it. Telephone
numbers have none: those without a ``+`` or a well-known national form count only near a word that
announces one.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date
from ipaddress import IPv4Address, IPv6Address, ip_address

from schemas.documents import PiiKind

CONTEXT = 40
"""Characters before a number in which a word may announce what it is."""

# Country and length, SWIFT's IBAN registry, release 99.
_IBAN_LENGTHS = {
    found[:2]: int(found[2:])
    for found in re.findall(
        r"\w{4}",
        "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27"
        " DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28"
        " IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22"
        " MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24"
        " SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30",
    )
}
# Issuer prefix -> lengths, ISO/IEC 7812 as the networks publish it.
_CARD_RANGES = (
    (("4",), (13, 16, 19)),
    (tuple(map(str, (*range(51, 56), *range(2221, 2721)))), (16,)),
    (("34", "37"), (15,)),
    (("300", "301", "302", "303", "304", "305", "36", "38", "39"), (14, 16)),
    (("6011", "65", *map(str, range(644, 650))), (16, 19)),
    (tuple(map(str, range(3528, 3590))), (16, 19)),
    (("2131", "1800"), (15,)),
    (("62", "81"), (16, 17, 18, 19)),
    (("5018", "5020", "5038", "5893", "6304", "6759", "6761", "6762", "6763"), range(12, 20)),
)
_CN_PROVINCE = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]")
_CN_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)

_PATTERNS = {
    PiiKind.EMAIL: re.compile(
        r"(?<![A-Za-z0-9@])"
        r"[A-Za-z0-9](?:[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{0,62}[A-Za-z0-9_+-])?"
        r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24}"
        r"(?![A-Za-z0-9@]|-[A-Za-z0-9])"
    ),
    PiiKind.IBAN: re.compile(
        r"(?<![A-Za-z0-9])"
        r"(?:[A-Z]{2}\d\d(?:[ -]?[A-Z0-9]){11,30}|[a-z]{2}\d\d(?:[ -]?[a-z0-9]){11,30})"
    ),
    PiiKind.CN_RESIDENT_ID: re.compile(
        r"(?<![A-Za-z0-9_])(?<!\d[.-])[1-8]\d{5}([ -]?)\d{8}\1\d{3}[\dXx](?![A-Za-z0-9_])"
    ),
    PiiKind.CREDIT_CARD: re.compile(
        r"(?<![A-Za-z0-9_.])(?<![\d][ -])\d(?:[ -]?\d){11,18}(?![A-Za-z0-9_])(?![ -.]\d)"
    ),
    PiiKind.US_SSN: re.compile(
        r"(?<![A-Za-z0-9_.-])(?<!\d[ -])\d{3}([- ])\d\d\1\d{4}(?![A-Za-z0-9_-])(?![ .]\d)"
        r"|(?<![A-Za-z0-9_.-])\d{9}(?![A-Za-z0-9_-])(?!\.\d)"
    ),
    PiiKind.IP_ADDRESS: re.compile(
        r"(?<![A-Za-z0-9_.:])(?:(?:\d{1,3}\.){3}\d{1,3}(?![A-Za-z0-9_])(?!\.\d)"
        r"|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![A-Za-z0-9_:]))"
    ),
    PiiKind.CN_MOBILE: re.compile(
        # 王先生-13912345678, but not 2-13912345678 and not the number -13912345678.
        r"(?:(?<![A-Za-z0-9_.+-])|(?<=[^\x00-\x7f][.-]))(?:(?:\+|00)?86[ -]?)?"
        r"1[3-9]\d(?:\d{8}|([ -])\d{4}\1\d{4})(?![A-Za-z0-9_])(?![.-]\d)"
    ),
    PiiKind.PHONE: re.compile(
        r"(?<![\d/_+-])(?<![A-Za-z_])(?:(?<!\d[ .,:])|(?=\+))"
        # Between two groups of digits stands a separator or a bracket: one way to read them.
        r"(?:\+|00(?=[1-9]))?\(?\d{1,15}+\)?(?:(?: ?[-–./ ] ?|(?=\()|(?<=\)))\(?\d{1,15}+\)?){0,7}"
        r"(?:[ ]?(?:x|ext\.?|extension)[ ]?\d{1,6})?(?![A-Za-z0-9_])(?![.,:/-]\d)"
    ),
}
_ANNOUNCES_PHONE = re.compile(
    r"\b(?:phones?|telephone|tel|call(?:ed|ing)?|dial(?:led|ing)?|mobile|cell(?:phone)?|fax|whatsapp"
    r"|sms|texts?|messages? (?:to|from|on)|answer(?:ing)? at|contact(?: us)?(?: at| on)?"
    r"|reach(?:ed)?|hotline|ring|tel[ée]fono?|telefone|t[ée]l[ée]phone(?:z|r)?|rufnummer|handy"
    r"|celular|m[óo]vil|телефон|тел|हमें फोन|फोन|मोबाइल|หมายเลขโทรศัพท์|هاتف|جوال)\b"
    r"|โทร|电话|電話|手机|手機|热线|熱線|传真|傳真|致电|致電|联系方式|聯絡|携帯|連絡先|연락처|전화",
    re.IGNORECASE,
)
_NAMES_PHONE = re.compile(
    r"\s?[-(,]?\s?(?:office|fax|mobile|cell|phone|tel|home|work)\b", re.IGNORECASE
)
_ANNOUNCES_CARD = re.compile(r"\b(?:cards?|cc|visa|mastercard|maestro|amex)\b|卡", re.IGNORECASE)
_ANNOUNCES_SSN = re.compile(r"\bSSN\b|social\s+security", re.IGNORECASE)
_NORTH_AMERICAN = re.compile(
    r"(?:1[ .-]?)?(?:\([2-9]\d\d\) ?[.-]?|[2-9]\d\d[.-])[2-9]\d\d[ .-]\d{4}"
    r"|1[ .-][2-9]\d\d[ .-][2-9]\d\d[ .-]\d{4}"
)
_TRUNK_PREFIX = re.compile(
    r"0[1-9]\d{1,4}(?:[ ./-]\d{2,8}){1,4}|0[1-9](?:[ .-]\d\d){4}|0[1-9]-\d{7,8}"
)
_AREA_CODE = re.compile(r"\(0?\d{2,4}\) ?\d{2,4}[ -]?\d{2,4}(?:[ -]\d{2,4})?")
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")


def find_kind(kind: PiiKind, text: str) -> Iterator[tuple[int, int]]:
    """Spans of one kind in a text that is narrow (:mod:`pipeline.measures.pii_narrow`), in
    characters, from left to right, none overlapping."""
    if kind in (PiiKind.EMAIL, PiiKind.IP_ADDRESS):
        text = text.replace("．", ".")  # elsewhere it is the dot behind the number of an item
    check = _CHECKS[kind]
    for match in _PATTERNS[kind].finditer(text):
        length = check(match)
        if length:
            yield match.start(), match.start() + length


def _whole(match: re.Match[str], is_valid: bool) -> int:
    return len(match[0]) if is_valid else 0


def _email(match: re.Match[str]) -> int:
    local = match[0].partition("@")[0]
    return _whole(match, ".." not in local)


def iban_is_valid(compact: str) -> bool:
    """ISO 13616: registered length and remainder 1 modulo 97.

    >>> iban_is_valid("GB29NWBK60161331926819"), iban_is_valid("GB29NWBK60161331926810")
    (True, False)
    """
    if len(compact) != _IBAN_LENGTHS.get(compact[:2]):
        return False
    return int("".join(str(int(c, 36)) for c in compact[4:] + compact[:4])) % 97 == 1


def _iban(match: re.Match[str]) -> int:
    # What follows may look like more of it ("... 19 or"): the country says where it ends.
    found = match[0]
    wanted = _IBAN_LENGTHS.get(found[:2].upper(), 0)
    ends = [i + 1 for i, c in enumerate(found) if c.isalnum()]
    if not wanted or len(ends) < wanted:
        return 0
    end = ends[wanted - 1]
    after = match.start() + end
    following = match.string[after : after + 1]
    if following.isascii() and following.isalnum():
        return 0
    compact = "".join(c for c in found[:end] if c.isalnum()).upper()
    return end if iban_is_valid(compact) else 0


def luhn_is_valid(digits: str) -> bool:
    """Luhn's checksum, ISO/IEC 7812-1.

    >>> luhn_is_valid("4111111111111111"), luhn_is_valid("4111111111111112")
    (True, False)
    """
    doubled = (2 * int(d) for d in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(d - 9 if d > 9 else d for d in doubled)) % 10 == 0


def _card(match: re.Match[str]) -> int:
    digits = "".join(c for c in match[0] if c.isdigit())
    separators = {c for c in match[0] if not c.isdigit()}
    issued = any(
        len(digits) in lengths and digits.startswith(prefixes) for prefixes, lengths in _CARD_RANGES
    )
    if len(separators) > 1 or len(set(digits)) == 1 or not luhn_is_valid(digits):
        return 0
    return _whole(match, issued or _is_announced(match, _ANNOUNCES_CARD))


def resident_id_is_valid(number: str) -> bool:
    """GB 11643-1999: province, date of birth and the check digit of ISO 7064 MOD 11-2.

    >>> resident_id_is_valid("11010519491231002X")
    True
    """
    if not _CN_PROVINCE.match(number):
        return False
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(int(d) * w for d, w in zip(number, _CN_WEIGHTS, strict=False))
    return born.year >= 1850 and number[17].upper() == "10X98765432"[total % 11]


def _resident_id(match: re.Match[str]) -> int:
    return _whole(match, resident_id_is_valid(re.sub("[ -]", "", match[0])))


def _ssn(match: re.Match[str]) -> int:
    digits = "".join(c for c in match[0] if c.isdigit())
    if digits[:3] in ("000", "666") or digits[0] == "9":
        return 0
    if digits[3:5] == "00" or digits[5:] == "0000":
        return 0
    if match[1] == "-":
        return len(match[0])
    return _whole(match, _is_announced(match, _ANNOUNCES_SSN))


def _ip_address(match: re.Match[str]) -> int:
    try:
        address = ip_address(match[0])
    except ValueError:
        return 0
    if isinstance(address, IPv4Address):
        return _whole(match, address.is_global and not address.is_multicast)
    return _whole(match, _is_public_v6(address, match[0]))


def _is_public_v6(address: IPv6Address, written: str) -> bool:
    # a::b is also how some programs write names: short forms count only in 2000::/3.
    is_sure = "::" not in written or address.packed[0] >> 5 == 1
    return address.is_global and not address.is_multicast and is_sure


def _phone(match: re.Match[str]) -> int:
    found = match[0].rstrip(" (")
    number = re.split(r"[ ]?(?:x|ext)", found, maxsplit=1)[0]
    digits = sum(c.isdigit() for c in number)
    if not 7 <= digits <= 15 or number.count("(") != number.count(")"):
        return 0
    if found.startswith("+"):
        return len(found) if digits >= 8 else 0
    if _NORTH_AMERICAN.fullmatch(number):
        return len(found)
    groups = re.findall(r"\d+", number)
    if digits > 13 or _is_date(groups):
        return 0
    if 8 <= digits <= 11 and (
        _TRUNK_PREFIX.fullmatch(number) or (_AREA_CODE.fullmatch(number) and not _are_pages(groups))
    ):
        return len(found)
    is_named = _NAMES_PHONE.match(match.string, match.start() + len(found)) is not None
    return len(found) if is_named or _is_announced(match, _ANNOUNCES_PHONE) else 0


def _is_date(groups: list[str]) -> bool:
    others = [group for group in groups if not _YEAR.fullmatch(group)]
    return len(others) < len(groups) and all(len(g) <= 2 and int(g) <= 31 for g in others)


def _are_pages(groups: list[str]) -> bool:
    """Volume and pages of a journal: (12) 134-140."""
    return len(groups) == 3 and len(groups[1]) == len(groups[2]) and groups[1] < groups[2]


def _is_announced(match: re.Match[str], words: re.Pattern[str]) -> bool:
    start = match.start()
    return words.search(match.string, max(0, start - CONTEXT), start) is not None


_CHECKS: dict[PiiKind, Callable[[re.Match[str]], int]] = {
    PiiKind.EMAIL: _email,
    PiiKind.IBAN: _iban,
    PiiKind.CN_RESIDENT_ID: _resident_id,
    PiiKind.CREDIT_CARD: _card,
    PiiKind.US_SSN: _ssn,
    PiiKind.IP_ADDRESS: _ip_address,
    PiiKind.CN_MOBILE: lambda match: len(match[0]),
    PiiKind.PHONE: _phone,
}
