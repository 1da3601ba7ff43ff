"""Two versions of a form differ, and each difference is a sentence with both values: fields, labels, rules, options."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine import exact_json
from engine.differences import Change, Comparison, Difference, Kind, Vocabulary, Words

_WORDS: Mapping[str, Words] = {
    "key": Words("key"),
    "type": Words("type"),
    "label": Words("label"),
    "description": Words("description"),
    "text": Words("text"),
    "path": Words("path"),
    "disabled": Words("being disabled", yes="is disabled", no="is not disabled"),
    "readonly": Words("being read-only", yes="is read-only", no="is not read-only"),
    "defaultValue": Words("default value"),
    "validate.required": Words("being required", yes="is required", no="is not required"),
    "validate.minLength": Words("smallest length"),
    "validate.maxLength": Words("largest length"),
    "validate.min": Words("smallest value"),
    "validate.max": Words("largest value"),
    "validate.pattern": Words("pattern"),
    "validate.validationType": Words("kind of text"),
    "conditional.hide": Words("condition to hide it"),
    "values": Words("options", plural=True),
    "valuesKey": Words("variable with the options"),
    "valuesExpression": Words("expression for the options"),
    "dataSource": Words("source of the rows"),
    "decimalDigits": Words("decimal digits", plural=True),
    "schemaVersion": Words("version of the schema"),
}
"""What is not named here is called by its own name, split into words."""
_FLAGS = frozenset({"disabled", "readonly", "validate.required"})
"""Not to be set is the same as false."""
_OF_THE_PICTURE = frozenset({"layout"})
_KEYS_OF_ITEMS = ("value", "key", "id")
_COMPARISON = Comparison(Vocabulary(fields={}))


class UnreadableFormError(ValueError):
    """A form cannot be compared; the text says why."""


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    parent: str
    properties: Mapping[str, Any]


def between(before: bytes, after: bytes) -> tuple[Difference, ...]:
    """Return what is different in the newer form. Raises UnreadableFormError."""
    old_form, new_form = _read(before, "older"), _read(after, "newer")
    old, new = dict(_fields(old_form["components"], "")), dict(_fields(new_form["components"], ""))
    identifier = str(new_form.get("id") or "")
    found = [*_whole(old, new, Kind.REMOVED), *_whole(new, old, Kind.ADDED)]
    found += _changed(identifier, "", "The form", _flat(old_form), _flat(new_form))
    for key, each in new.items():
        if key not in old:
            continue
        subject = f"The field {each.name}"
        found += _changed(key, each.name, subject, old[key].properties, each.properties)
        if old[key].parent != each.parent:
            found.append(_moved(key, each, old[key], {**old, **new}))
    return (*found, *_reordered(identifier, old, new))


def _read(content: bytes, which: str) -> dict[str, Any]:
    try:
        form = exact_json.decode(content)
    except exact_json.InvalidArgument as error:
        raise UnreadableFormError(f"Expected a form as the {which} version: {error.detail}") from error
    if not isinstance(form, dict) or not isinstance(form.get("components"), list):
        raise UnreadableFormError(f"Expected a form-js schema with a list of components as the {which} version.")
    return form


def _fields(components: Any, parent: str) -> Iterator[tuple[str, _Field]]:
    """Yield the fields of all levels, in their order, by their id, else by their key, else by their place."""
    waiting = [(parent, components)]
    seen: Counter[str] = Counter()
    while waiting:
        parent, components = waiting.pop(0)
        for number, component in enumerate(components, start=1):
            if not isinstance(component, dict):
                continue
            key = str(component.get("id") or component.get("key") or f"{parent}[{number}]")
            seen[key] += 1
            key = f"{key} {seen[key]}" if seen[key] > 1 else key
            name = str(component.get("label") or component.get("key") or component.get("type") or key)
            held = {name: value for name, value in _flat(component).items() if name != "id"}  # a field is known by it
            yield key, _Field(" ".join(name.split()), parent, held)
            if isinstance(component.get("components"), list):
                waiting.append((key, component["components"]))


def _flat(value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the properties by dotted names; the items of a list by their value, key or id, where they have one."""
    found: dict[str, Any] = {}
    waiting: list[tuple[str, Any]] = [(f"{prefix}{name}", each) for name, each in value.items() if name != "components"]
    while waiting:
        name, each = waiting.pop()
        if isinstance(each, dict):
            waiting += [(f"{name}.{inner}", one) for inner, one in each.items()]
        elif isinstance(each, list) and all(isinstance(one, dict) for one in each):
            found[name] = tuple(_item(one, number) for number, one in enumerate(each, start=1))
            waiting += [(f"{name}[{_item(one, number)}]", one) for number, one in enumerate(each, start=1)]
        else:
            found[name] = each
    return found


def _item(item: Mapping[str, Any], number: int) -> str:
    known = next((item[name] for name in _KEYS_OF_ITEMS if name in item), None)
    return str(number) if known is None else str(known) if isinstance(known, str) else exact_json.encode_text(known)


def _whole(there: Mapping[str, _Field], other: Mapping[str, _Field], kind: Kind) -> Iterator[Difference]:
    for key, field in there.items():
        if key not in other:
            what = str(field.properties.get("type") or "field")
            before, after = (what, None) if kind is Kind.REMOVED else (None, what)
            sentence = f"The field {field.name} ({what}) was {kind.value}."
            yield Difference(key, field.name, kind, "", before, after, sentence)


def _changed(
    key: str, name: str, subject: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Difference]:
    for path in sorted(before.keys() | after.keys()):
        old, new = before.get(path), after.get(path)
        if path in _FLAGS:
            old, new = old or False, new or False
        if old == new and type(old) is type(new):
            continue
        if path.partition(".")[0] in _OF_THE_PICTURE:
            was, now = (_COMPARISON.text(_value(each), Words(path)) for each in (old, new))
            sentence = f"{subject} has another place or size on the page."
            yield Difference(key, name, Kind.LAYOUT, path, was, now, sentence)
            continue
        words = _WORDS.get(path) or Words(_in_words(path))
        change = Change(path, words.noun, words, _value(old), _value(new))
        yield _COMPARISON.difference(change, element_id=key, element_name=name, subject=subject)


def _value(value: Any) -> Any:
    if value is None or isinstance(value, bool | str | tuple):
        return value
    return exact_json.encode_text(value)


def _in_words(path: str) -> str:
    """`values[red].label` is the label of the option red; anything else is its own name in words."""
    owner, _, item = path.partition("[")
    if item:
        name, _, rest = item.rpartition("]")
        noun = "option" if owner == "values" else f"{_split(owner)} item"
        return f"{_split(rest.strip('.')) or 'value'} of the {noun} '{name}'"
    return _split(path)


def _split(path: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", lambda found: f" {found[1].lower()}", path.replace(".", " "))


def _moved(key: str, now: _Field, was: _Field, fields: Mapping[str, _Field]) -> Difference:
    before, after = (fields[each].name if each in fields else "the form itself" for each in (was.parent, now.parent))
    sentence = f"The field {now.name} lies in {after}, not {before}."
    return Difference(key, now.name, Kind.CHANGED, "parent", before, after, sentence)


def _reordered(identifier: str, before: Mapping[str, _Field], after: Mapping[str, _Field]) -> Iterator[Difference]:
    stays = {key for key in before if key in after and before[key].parent == after[key].parent}
    old, new = ([(side[key].parent, key) for key in side if key in stays] for side in (before, after))
    if sorted(old, key=lambda each: each[0]) == sorted(new, key=lambda each: each[0]):
        return
    was, now = (", ".join(after[key].name for _, key in order) for order in (old, new))
    yield Difference(identifier, "", Kind.LAYOUT, "order", was, now, "The fields stand in another order.")
