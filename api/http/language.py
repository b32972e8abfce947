"""Languages: what a reader asks for -> reasons said in it."""

from collections.abc import Mapping
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from risk.assessment import translated
from risk.wording import LANGUAGES, Language

Asked = Annotated[
    Language | None,
    Field(description="Of the reasons; default: by the header Accept-Language, else English."),
]


def language_of(request: web.Request, asked: Language | None) -> Language:
    """The language asked for, or the one of ours that the client prefers (RFC 9110, 12.5.4)."""
    if asked is not None:
        return asked
    best, weight = LANGUAGES[0], 0.0
    for choice in request.headers.get("Accept-Language", "").split(","):
        tag, _, q = choice.strip().partition(";q=")
        known = next((lang for lang in LANGUAGES if lang == tag[:2].lower()), None)
        if known and (liked := _weight(q)) > weight:
            best, weight = known, liked
    return best


def spoken(document: Mapping[str, Any], lang: Language) -> dict[str, Any]:
    """The document with the reasons of both scores in a language; it is kept in English."""
    told = dict(document)
    for name in ("coercion", "smuggling"):
        score = told.get(name)
        if score is not None and lang != LANGUAGES[0]:
            told[name] = {**score, "reasons": translated(score["reasons"], lang)}
    return told


def _weight(q: str) -> float:
    try:
        return min(max(float(q), 0.0), 1.0) if q else 1.0
    except ValueError:
        return 0.0
