"""Random forms, with what is known when they open and what a client sends, locked, hidden and foreign names included."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

OPTIONS = [{"label": each.upper(), "value": each} for each in "abc"]
KINDS = (
    "number",
    "number",
    "textfield",
    "textfield",
    "textarea",
    "checkbox",
    "select",
    "radio",
    "taglist",
    "checklist",
)
WORDS = ("", "a", "ab", "abc", "abcd", "12", "ada@example.org", "+4930664040900")
_DATES = ("2026-01-31", "2026-12-01")


@dataclass
class Case:
    schema: dict[str, Any]
    known: dict[str, Any]
    given: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        return {"schema": self.schema, "known": self.known, "given": self.given}


@dataclass
class _Names:
    """What an expression may read at a place: fields of the form, of the row, and of what lies around it."""

    top: list[tuple[str, str]] = field(default_factory=list)
    row: list[tuple[str, str]] | None = None
    lists: list[str] = field(default_factory=list)


class _Maker:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self.count = 0
        self.names = _Names(top=[("frozen", "checkbox"), ("level", "number")])

    def case(self) -> Case:
        components = self.components(3 + self.random.randrange(4), depth=0)
        known = {
            "frozen": self.random.random() < 0.5,
            "colors": ["a", {"label": "B", "value": "b"}],
            "level": self.number(),
        }
        if self.random.random() < 0.3:
            del known["level"]
        given: dict[str, Any] = {}
        for component in components:
            self.fill(component, known, chance=0.5)
            self.fill(component, given, chance=0.8)
            self.as_long(component, known, given)
        given |= {
            name: value
            for name, value in (("frozen", False), ("level", 9), ("colors", ["z"]))
            if self.random.random() < 0.5
        }
        return Case({"type": "default", "id": "f", "components": components}, known, given)

    def components(self, count: int, *, depth: int) -> list[dict[str, Any]]:
        return [self.component(depth=depth) for _ in range(count)]

    def component(self, *, depth: int) -> dict[str, Any]:
        chance = self.random.random()
        if depth < 2 and chance < 0.15:
            return self.group(depth=depth)
        if depth < 2 and chance < 0.35:
            return self.list(depth=depth)
        return self.field(depth=depth)

    def group(self, *, depth: int) -> dict[str, Any]:
        path = self.name("g") if self.random.random() < 0.6 else ""
        made = self.container("group", path, depth=depth)
        if self.random.random() < 0.5:
            self.conditions(made)
        return made

    def list(self, *, depth: int) -> dict[str, Any]:
        path = self.name("l")
        outer = self.names.row
        self.names.row = []
        made = self.container("dynamiclist", path, depth=depth) | {"isRepeating": True, "allowAddRemove": True}
        self.names.row = outer
        if depth == 0:
            self.names.lists.append(path)
        if self.random.random() < 0.3:
            self.conditions(made)
        return made

    def container(self, kind: str, path: str, *, depth: int) -> dict[str, Any]:
        inside = self.components(1 + self.random.randrange(3), depth=depth + 1)
        return {"type": kind, "id": self.name("c"), "path": path, "components": inside}

    def field(self, *, depth: int) -> dict[str, Any]:
        kind = "datetime" if self.random.random() < 0.02 else self.random.choice(KINDS)
        key = self.name("f")
        if self.random.random() < 0.15:
            key = f"d{self.random.randrange(2)}{depth}x{self.count}.{key}"
        made: dict[str, Any] = {"type": kind, "id": self.name("i"), "key": key}
        if kind in ("select", "radio", "taglist", "checklist"):
            made |= self.random.choice(({"values": OPTIONS}, {"valuesKey": "colors"}, {"valuesExpression": "=colors"}))
        if kind == "datetime":
            made["subtype"] = "date"
        made["validate"] = self.rules(kind)
        if self.random.random() < 0.2:
            made["defaultValue"] = self.value(made)
        self.conditions(made)
        if "." not in key:
            place = self.names.top if depth == 0 else self.names.row
            if place is not None:
                place.append((key, kind))
        return made

    def rules(self, kind: str) -> dict[str, Any]:
        rules: dict[str, Any] = {"required": True} if self.random.random() < 0.1 else {}
        if kind == "number" and self.random.random() < 0.2:
            rules[self.random.choice(("min", "max"))] = self.random.choice((3, "=level", "=level + 1"))
        if kind == "textfield" and self.random.random() < 0.3:
            rules |= self.random.choice(
                (
                    {"minLength": 2},
                    {"maxLength": 3},
                    {"pattern": "^[a-z]*$"},
                    {"validationType": "email"},
                    {"validationType": "phone"},
                )
            )
        return rules

    def conditions(self, component: dict[str, Any]) -> None:
        chance = self.random.random()
        if chance < 0.1:
            component["disabled"] = True
        elif chance < 0.2:
            component["readonly"] = True
        elif chance < 0.4:
            component["readonly"] = self.condition()
        if self.random.random() < 0.25:
            component["conditional"] = {"hide": self.condition()}

    def condition(self) -> str:
        reads = [(name, kind) for name, kind in self.names.top[-6:]]
        if self.names.row is not None:
            reads += 2 * [(f"{where}.{name}", kind) for name, kind in self.names.row for where in ("this", "_this_")]
            reads += [(f"parent.{name}", kind) for name, kind in self.names.top[-3:]]
            if self.random.random() < 0.2:
                return f"=i[1] = {self.random.randrange(1, 3)}"
        elif self.names.lists and self.random.random() < 0.2:
            return f"=count({self.random.choice(self.names.lists)}) > 1"
        name, kind = self.random.choice(reads)
        match kind:
            case "number":
                return self.random.choice(
                    (f"={name} > 5", f"={name} < 3", f"=not({name} > 5)", f"={name} = 4", f"={name} + 1 > 4")
                )
            case "checkbox":
                return self.random.choice((f"={name}", f"=not({name})", f"={name} = true", f"=not({name}) and frozen"))
            case "taglist" | "checklist":
                return self.random.choice((f'=list contains({name}, "a")', f"=count({name}) > 1"))
            case _:
                return self.random.choice(
                    (f'={name} = "a"', f"={name} = null", f'={name} != "b"', f'=not({name} = "c")')
                )

    def fill(self, component: dict[str, Any], data: dict[str, Any], *, chance: float) -> None:
        if component["type"] == "group":
            inside = data.setdefault(component["path"], {}) if component["path"] else data
            for each in component["components"]:
                self.fill(each, inside, chance=chance)
        elif component["type"] == "dynamiclist":
            if self.random.random() < chance:
                data[component["path"]] = [
                    self.row(component, chance=chance) for _ in range(self.random.randrange(1, 3))
                ]
        elif self.random.random() < chance:
            *above, last = component["key"].split(".")
            for name in above:
                data = data.setdefault(name, {})
            data[last] = self.value(component)

    def row(self, component: dict[str, Any], *, chance: float) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for each in component["components"]:
            self.fill(each, made, chance=chance)
        return made

    def as_long(self, component: dict[str, Any], known: dict[str, Any], given: dict[str, Any]) -> None:
        """What is sent has all the known rows, in their places, and maybe more: which row was removed is another matter."""
        for each in component.get("components", ()):
            if component["type"] == "group":
                below = (
                    (known.get(component["path"], {}), given.get(component["path"], {}))
                    if component["path"]
                    else (known, given)
                )
                self.as_long(each, *below)
        path = component.get("path")
        if component["type"] != "dynamiclist" or path not in given:
            return
        have = known.get(path, [{}])
        given[path] += [{} for _ in range(len(have) - len(given[path]))]
        for each in component["components"]:
            if each.get("disabled") or each.get("readonly") is True:  # who sends something else has removed a row
                for row in given[path]:
                    row.pop(each.get("key", each.get("path", "")).split(".")[0], None)
            for one, other in zip(have, given[path], strict=False):
                self.as_long(each, one, other)

    def value(self, component: dict[str, Any]) -> Any:
        match component["type"]:
            case "number":
                return self.number()
            case "checkbox":
                return self.random.random() < 0.5
            case "datetime":
                return self.random.choice(_DATES)
            case "select" | "radio":
                return self.random.choice("ab")
            case "taglist" | "checklist":
                return self.random.sample("ab", self.random.randrange(3))
            case _:
                return self.random.choice(WORDS)

    def number(self) -> int:
        return self.random.randrange(10)

    def name(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"


def case(seed: int) -> Case:
    return _Maker(seed).case()
