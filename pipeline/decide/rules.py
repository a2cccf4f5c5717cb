"""The configuration of ``decide``: a preset, and what differs from it."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field, field_validator

from pipeline.decide.limits import COLUMN_OF_LIMIT, Limits, merged
from pipeline.decide.presets import PRESETS, PresetName
from pipeline.measures.attributes import ATTRIBUTES
from pipeline.measures.chinese_script import SIMPLIFIED, TRADITIONAL
from pipeline.measures.language_profiles import load
from schemas.documents import Source

CHINESE = (f"zh-{SIMPLIFIED}", f"zh-{TRADITIONAL}")
"""Languages that a script is part of the name of."""
UNSPACED_ABOVE = 0.5
"""Share of letters of scripts without spaces above which a text is judged by the limits for
them."""


class DecideParams(Limits):
    """What may stay. Every limit can be set for all texts (``decide.min_words``), for texts
    without spaces between words (``decide.unspaced.min_words``) and for one source
    (``decide.social.min_words``); a later one of these goes before an earlier one, and all of
    them before the preset."""

    preset: PresetName = "corpusmill"
    """Limits to start from."""
    languages: tuple[str, ...] = ()
    """ISO 639-1 codes that may stay; empty: all, also ``und``. ``zh-Hans`` and ``zh-Hant`` are
    Chinese in one of its scripts."""
    min_language_score: float = Field(default=0.3, ge=0.0, le=1.0)
    """Least certainty of the language, where one was found. A text of two halves in two languages
    scores about one half."""
    min_language_share: float = Field(default=0.0, ge=0.0, le=1.0)
    """Least share of the text in paragraphs of its language, where one was found."""
    max_toxicity: float | None = Field(default=None, ge=0.0, le=1.0)
    """Highest toxicity score; unset, the threshold of the language, chosen so that at most one in
    200 clean texts is dropped."""
    at_least: dict[str, float] = Field(default_factory=dict)
    """Least values of columns of ATTRIBUTES by their names, those of measures of one's own among
    them; the rule is ``min_`` and the name. Tried on all texts, behind the limits that have a key
    here."""
    at_most: dict[str, float] = Field(default_factory=dict)
    """Highest values; the rule is ``max_`` and the name."""
    unspaced: Limits = Limits()
    """Texts with more than half of their letters in scripts without spaces."""
    web: Limits = Limits()
    book: Limits = Limits()
    news: Limits = Limits()
    social: Limits = Limits()
    wiki: Limits = Limits()
    text: Limits = Limits()

    @field_validator("languages")
    @classmethod
    def _known(cls, languages: tuple[str, ...]) -> tuple[str, ...]:
        known = {*load().codes, *CHINESE, "und"}
        unknown = [code for code in languages if code not in known]
        if unknown:
            raise ValueError(f"{unknown[0]!r} is none of {', '.join(sorted(known))}")
        return languages

    @field_validator("at_least", "at_most")
    @classmethod
    def _measured(cls, limits: dict[str, float]) -> dict[str, float]:
        numbers = [
            field.name
            for field in ATTRIBUTES.schema
            if pa.types.is_floating(field.type) or pa.types.is_integer(field.type)
        ]
        unknown = [name for name in limits if name not in numbers]
        if unknown:
            raise ValueError(f"{unknown[0]!r} is no number in ATTRIBUTES: {', '.join(numbers)}")
        return limits

    def limits_for(self, source: Source, *, is_unspaced: bool) -> Limits:
        """Limits that a text of this source meets.

        >>> params = DecideParams(min_words=20, social=Limits(min_words=5))
        >>> [params.limits_for(source, is_unspaced=False).min_words
        ...  for source in (Source.WEB, Source.SOCIAL)]
        [20, 5]
        """
        preset = PRESETS[self.preset]
        nothing = Limits()
        own = Limits.model_validate({name: getattr(self, name) for name in Limits.model_fields})
        return merged(
            preset.base,
            preset.unspaced if is_unspaced else nothing,
            preset.sources.get(source, nothing),
            own,
            self.unspaced if is_unspaced else nothing,
            getattr(self, source.value),
        )


def threshold_table(params: DecideParams) -> Mapping[str, NDArray[np.float64]]:
    """Threshold of each limit, float64 (2 * number of sources,), NaN where it is not tried.

    Position: ``2 * source.code + is_unspaced``. Limits that are tried nowhere are left out.
    """
    kinds = [
        params.limits_for(source, is_unspaced=is_unspaced)
        for source in Source
        for is_unspaced in (False, True)
    ]
    table = {
        name: np.array(
            [np.nan if (value := getattr(kind, name)) is None else float(value) for kind in kinds]
        )
        for name in COLUMN_OF_LIMIT
    }
    return {name: row for name, row in table.items() if not np.isnan(row).all()}
