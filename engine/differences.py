"""Two versions of a thing differ in fields, and each difference is a sentence with both values.

The walk over the dataclasses of a model is generic; what a field is called is in the vocabulary of the model, where every field has its
line (a test compares). Pure: what stands here knows nothing of diagrams, decisions or forms.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from enum import Enum, StrEnum
from typing import Any

SHOWN = 120
"""A sentence shows 120 characters of a value, those around the first that differs; `before` and `after` have all of it."""


class Kind(StrEnum):
    """A difference is of one kind; LAYOUT changes the picture and nothing that the engine does."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    LAYOUT = "layout"


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference is one sentence about an element. `property` is the path of the field in the model (`job.retries`), empty where the
    whole element was added or removed; a missing value is None."""

    element_id: str
    element_name: str
    kind: Kind
    property: str
    before: str | None
    after: str | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Words:
    """Words say what a field is called: "its NOUN is AFTER, not BEFORE", or "VERB AFTER, not BEFORE", or for a flag YES or NO.

    In a field with several items, `noun` is that of one. An item is known by its `key` and called by its `item`; where one is missing the
    other stands for it, and the place for both.
    """

    noun: str
    plural: bool = False
    verb: str = ""
    yes: str = ""
    no: str = ""
    item: Callable[[Any], str] | None = None
    key: Callable[[Any], str] | None = None
    missing: str = ""
    """What a value that is not there is called, where this is a value too: the "-" of an entry in a decision table."""
    ordered: bool = False
    """True where another order of the items means something else."""
    bare: bool = False
    """True where the fields of an item speak for themselves: "its message name", not "its message name of the message"."""
    refers: bool = False
    """True for the id of another element, which is said by its name."""
    said: Callable[[str], str] | None = None
    """Puts the text of a value into words."""


NO_WORDS = None
"""This stands for the words of a field that says nothing by itself: a line of the file, or what follows from other fields."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A vocabulary has the words for a model: for each field, for what a class is called as an item, and for classes that are said as a
    whole, with a sentence of their own where they have one."""

    fields: Mapping[type, Mapping[str, Words | None]]
    nouns: Mapping[type, str] = field(default_factory=dict)
    texts: Mapping[type, Callable[[Any], str]] = field(default_factory=dict)
    sentences: Mapping[type, Callable[[Any, Any], str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """A change is one field that has another value; None: it had or has none."""

    path: str
    noun: str
    words: Words
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison knows the words, and by `name_of` what the elements of the two versions are called."""

    vocabulary: Vocabulary
    name_of: Callable[[str], str] = str

    def changes(self, before: Any, after: Any) -> Iterator[Change]:
        """Yield what differs between two objects of one class of the vocabulary, field by field."""
        for name, words in self.vocabulary.fields[type(after)].items():
            if words is not None:
                yield from self._value(getattr(before, name), getattr(after, name), words, name, words.noun)

    def difference(self, change: Change, *, element_id: str, element_name: str, subject: str) -> Difference:
        before, after = self.text(change.before, change.words), self.text(change.after, change.words)
        return Difference(
            element_id, element_name, Kind.CHANGED, change.path, before, after, self._sentence(subject, change)
        )

    def text(self, value: Any, words: Words) -> str | None:
        """Return the value in words; None where there is none."""
        text = self._text(value, words)
        return text if text is None or words.said is None else words.said(text)

    def _text(self, value: Any, words: Words) -> str | None:
        if value is None or value == "":
            return words.missing or None
        if isinstance(value, bool):
            return "yes" if value else "no"
        if type(value) in self.vocabulary.texts:
            return self.vocabulary.texts[type(value)](value)
        if isinstance(value, Enum):
            return str(value.value)
        if isinstance(value, Mapping):
            return ", ".join(f"{key}: {self._text(each, words)}" for key, each in value.items()) or None
        if isinstance(value, tuple | list | frozenset):
            return ", ".join(self._text(each, words) or "nothing" for each in _in_order(value)) or None
        if is_dataclass(value):
            return self._described(value)
        return self.name_of(value) if words.refers else str(value)

    def _described(self, value: Any) -> str:
        """Say an object by those of its fields that are not as they are by default."""
        defaults = {each.name: each.default for each in fields(value)}
        parts = []
        for name, words in self.vocabulary.fields[type(value)].items():
            held = getattr(value, name)
            if words is None or held == defaults[name] or (text := self.text(held, words)) is None:
                continue
            parts.append(_part(held, words, text, nested=self._is_walked(held)))
        return ", ".join(parts) or self.vocabulary.nouns.get(type(value), "set")

    # --- the walk

    def _value(self, before: Any, after: Any, words: Words, path: str, noun: str) -> Iterator[Change]:
        if before is after:
            return
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            label = words.item or (lambda key: f"{noun} '{key}'")
            old, new = ({key: (label(key), each) for key, each in side.items()} for side in (before, after))
            yield from self._items(old, new, words, path)
        elif isinstance(before, tuple) or isinstance(after, tuple):
            several = max(len(before or ()), len(after or ())) > 1
            old, new = (self._labelled(side or (), words, noun, several=several) for side in (before, after))
            yield from self._items(old, new, words, path)
            yield from _reordered(old, new, words, path, noun)
        elif type(before) is type(after) and self._is_walked(after):
            for change in self.changes(before, after):
                yield replace(change, path=f"{path}.{change.path}")
        elif self._is_walked(before) and self._is_walked(after):
            yield Change(path, self.vocabulary.nouns.get(type(before), noun), words, before, None)
            yield Change(path, self.vocabulary.nouns.get(type(after), noun), words, None, after)
        elif self._text(before, words) != self._text(after, words):
            yield Change(path, noun, words, before, after)

    def _is_walked(self, value: Any) -> bool:
        return type(value) in self.vocabulary.fields and type(value) not in self.vocabulary.texts

    def _labelled(self, items: Sequence[Any], words: Words, noun: str, *, several: bool) -> dict[str, tuple[str, Any]]:
        """Return the label of each item and the item, by what it is known by; of several that are known by one thing, the later ones are
        numbered."""
        found: dict[str, tuple[str, Any]] = {}
        seen: Counter[str] = Counter()
        for number, item in enumerate(items, start=1):
            label = words.item(item) if words.item is not None else self.vocabulary.nouns.get(type(item), noun)
            if words.item is None and several:
                label = f"{label} {number}"
            key = words.key(item) if words.key is not None else label
            seen[key] += 1
            again = f" {seen[key]}" if seen[key] > 1 else ""
            found[f"{key}{again}"] = (label if words.key is not None else f"{label}{again}", item)
        return found

    def _items(
        self, before: Mapping[str, tuple[str, Any]], after: Mapping[str, tuple[str, Any]], words: Words, path: str
    ) -> Iterator[Change]:
        for key in [*before, *(each for each in after if each not in before)]:
            label = (after.get(key) or before[key])[0]
            old, new = before.get(key, ("", None))[1], after.get(key, ("", None))[1]
            place = f"{path}[{key}]"
            if not (key in before and key in after):
                yield Change(place, label, words, old, new)
                continue
            for change in self._value(old, new, words, place, label):
                named = change.noun if words.bare or change.noun == label else f"{change.noun} of the {label}"
                yield replace(change, noun=named)

    # --- sentences

    def _sentence(self, subject: str, change: Change) -> str:
        words = change.words
        if change.before is not None and change.after is not None and type(change.after) in self.vocabulary.sentences:
            return f"{subject} {self.vocabulary.sentences[type(change.after)](change.before, change.after)}."
        if isinstance(change.before, bool) and isinstance(change.after, bool) and words.yes:
            return f"{subject} {words.yes if change.after else words.no} now."
        before, after = excerpts(self.text(change.before, words), self.text(change.after, words))
        are, were = ("are", "they were") if words.plural else ("is", "it was")
        if before is None:
            return (
                f"{subject} {words.verb} {after} now." if words.verb else f"{subject} has a new {change.noun}: {after}."
            )
        if after is None:
            return f"{subject} has no {change.noun} any more; {were} {before}."
        said = f" {words.verb}" if words.verb else f": its {change.noun} {are}"
        return f"{subject}{said} {after}, not {before}."


def missing_words(vocabulary: Vocabulary, classes: Iterable[type]) -> list[str]:
    """Return the fields of dataclasses that a vocabulary has forgotten, and the words for fields that are not there."""
    found = []
    for each in classes:
        named = vocabulary.fields.get(each, {})
        held = {one.name for one in fields(each)}
        found += [f"{each.__name__}.{name}" for name in sorted(held ^ named.keys())]
    return found


def excerpts(before: str | None, after: str | None) -> tuple[str | None, str | None]:
    """Shorten two texts to what a sentence shows of them."""
    if before is None or after is None:
        return _excerpt(before, 0), _excerpt(after, 0)
    pairs = enumerate(zip(" ".join(before.split()), " ".join(after.split()), strict=False))
    start = next((place for place, (old, new) in pairs if old != new), 0)
    return _excerpt(before, start), _excerpt(after, start)


def _excerpt(text: str | None, differs_at: int) -> str | None:
    if text is None:
        return None
    text = " ".join(text.split())
    if len(text) <= SHOWN:
        return text
    start = max(0, min(differs_at - 20, len(text) - SHOWN))
    return f"{'…' if start else ''}{text[start : start + SHOWN]}{'…' if start + SHOWN < len(text) else ''}"


def _in_order(items: Iterable[Any]) -> Iterable[Any]:
    return sorted(items) if isinstance(items, frozenset) else items


def _part(held: Any, words: Words, text: str, *, nested: bool) -> str:
    if isinstance(held, bool):
        return (words.yes if held else words.no) or f"{words.noun} {text}"
    return text if nested else f"{words.noun} {text}"


def _reordered(
    before: Mapping[str, tuple[str, Any]], after: Mapping[str, tuple[str, Any]], words: Words, path: str, noun: str
) -> Iterator[Change]:
    old, new = [key for key in before if key in after], [key for key in after if key in before]
    if words.ordered and old != new:
        order = Words(f"order of {noun}s")
        texts = (", ".join(before[key][0] for key in keys) for keys in (old, new))
        yield Change(path, order.noun, order, *texts)
