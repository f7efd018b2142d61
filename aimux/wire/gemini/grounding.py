"""What an answer is based on: ``groundingMetadata`` and ``citationMetadata``, both ways.

A search of Google's is told once, with all that it found; the sources of single stretches of text are
citations of that text.  The metadata may come with any event, before the last one too, and again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from aimux.model.parts import Citation, Hit, WebSearch
from aimux.wire.errorkinds import mapping
from aimux.wire.gemini.spoken import WHOLE, Span, Spoken
from aimux.wire.jsontext import mended

_SOURCES: Final = ("web", "retrievedContext", "maps", "image")
_LISTS: Final = ("webSearchQueries", "groundingChunks", "groundingSupports")


class GroundingReader:
    """Gathers what the events of an answer say of its sources."""

    __slots__ = ("_cited", "_found", "searched")

    def __init__(self) -> None:
        self._found: dict[str, list[Any]] = {name: [] for name in _LISTS}
        self._cited: list[Any] = []
        self.searched = False
        """The search has been told."""

    def take(self, candidate: dict[str, Any]) -> None:
        """What one event says; later lists take the place of earlier ones."""
        grounding = mapping(candidate.get("groundingMetadata"))
        for name in _LISTS:
            said = _items(grounding.get(name))
            if said:
                self._found[name] = said
        cited = mapping(candidate.get("citationMetadata"))
        self._cited = _items(cited.get("citationSources") or cited.get("citations")) or self._cited

    @property
    def has_hits(self) -> bool:
        """Whether it is known already what was found."""
        return bool(self._found["groundingChunks"])

    def search(self) -> WebSearch | None:
        """The search, once; None where there was none."""
        queries = [each for each in self._found["webSearchQueries"] if isinstance(each, str)]
        hits = tuple(Hit(url, title) for url, title in self._sources() if url)
        if self.searched or not (queries or hits):
            return None
        self.searched = True
        return WebSearch("", mended("; ".join(queries)), hits)

    def _sources(self) -> Iterator[tuple[str, str]]:
        """Address and title of every source, both empty for one without an address."""
        for chunk in self._found["groundingChunks"]:
            said = (mapping(mapping(chunk).get(name)) for name in _SOURCES)
            yield next((pair for each in said if (pair := _source(each))[0]), ("", ""))

    def citations(self, spoken: Spoken, *, last: bool) -> Iterator[Citation]:
        """The citations of the open text, each once; with ``last`` also those whose place is not found."""
        sources = list(self._sources())
        for support in _taken(self._found, "groundingSupports"):
            span, words = _place(mapping(mapping(support).get("segment")), spoken)
            if span is None and not last:
                self._found["groundingSupports"].append(support)
                continue
            for index in _items(mapping(support).get("groundingChunkIndices")):
                if isinstance(index, int) and 0 <= index < len(sources) and sources[index][0]:
                    yield Citation(*sources[index], words, *(span or WHOLE))
        yield from self._recited(spoken, last=last)

    def _recited(self, spoken: Spoken, *, last: bool) -> Iterator[Citation]:
        """Works that the model has repeated words of."""
        cited, self._cited = self._cited, []
        for each in cited:
            span, _ = _place(mapping(each), spoken)
            if span is None and not last:
                self._cited.append(each)
                continue
            url, title = _source(mapping(each))
            if url:
                yield Citation(url, title, "", *(span or WHOLE))


def _items(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _taken(found: dict[str, list[Any]], name: str) -> list[Any]:
    taken, found[name] = found[name], []
    return taken


def _source(source: dict[str, Any]) -> tuple[str, str]:
    url, title = source.get("uri"), source.get("title")
    if not isinstance(url, str) or not url:
        return "", ""
    return mended(url), mended(title) if isinstance(title, str) else ""


def _place(segment: dict[str, Any], spoken: Spoken) -> tuple[Span | None, str]:
    """A stretch of the open text, and its words."""
    start, end, said = segment.get("startIndex") or 0, segment.get("endIndex"), segment.get("text")
    words = mended(said) if isinstance(said, str) else ""
    if not isinstance(start, int) or not isinstance(end, int):
        start = end = -1
    return spoken.characters(start, end, words), words


class GroundingWriter:
    """Gathers searches and citations for the last event of an answer."""

    __slots__ = ("_numbers", "_queries", "_sources", "_supports")

    def __init__(self) -> None:
        self._queries: list[str] = []
        self._sources: list[dict[str, Any]] = []
        self._numbers: dict[str, int] = {}
        self._supports: list[dict[str, Any]] = []

    def add_search(self, search: WebSearch) -> None:
        """A search and what it found."""
        if search.query:
            self._queries.append(search.query)
        for hit in search.hits:
            self._number(hit.url, hit.title)

    def add_citation(self, citation: Citation, spoken: Spoken) -> None:
        """A source of the open text."""
        start, end, words = spoken.stretch(citation.start, citation.end)
        self._supports.append(
            {
                "segment": {"startIndex": start, "endIndex": end, "text": words},
                "groundingChunkIndices": [self._number(citation.url, citation.title)],
            }
        )

    def _number(self, url: str, title: str) -> int:
        number = self._numbers.get(url)
        if number is None:
            number = self._numbers[url] = len(self._sources)
            self._sources.append({"web": {"uri": url, "title": title or url}})
        return number

    def metadata(self) -> dict[str, Any]:
        """The ``groundingMetadata``; empty where there is nothing to say."""
        found = {
            "webSearchQueries": self._queries,
            "groundingChunks": self._sources,
            "groundingSupports": self._supports,
        }
        return {name: each for name, each in found.items() if each}
