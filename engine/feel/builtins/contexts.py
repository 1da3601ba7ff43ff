"""These functions work on contexts (DMN 1.5, 10.3.4.8)."""

from __future__ import annotations

from typing import Any

from engine.feel.builtins.registry import builtin
from engine.feel.evaluation import Env
from engine.feel.operators import kind_name
from engine.feel.values import NullResult, normalise


@builtin("get value", "m: context, key: string")
@builtin("get value", "context: context, key: string")
def _get_value(env: Env, context: dict[str, Any], key: str) -> Any:
    if key not in context:
        raise NullResult(f"the context has no entry '{key}'")
    return normalise(context[key])


@builtin("get value", "m: context, keys: list")
@builtin("get value", "context: context, keys: list")
def _get_nested_value(env: Env, context: dict[str, Any], keys: list[Any]) -> Any:
    """Return the value at the end of a path of keys; the function is Camunda's."""
    if not keys:
        raise NullResult("expected at least one key")
    value: Any = context
    for key in keys:
        if type(value) is not dict or type(key) is not str or key not in value:
            raise NullResult("the context has no entry at this path", keys)
        value = normalise(value[key])
    return value


@builtin("get entries", "m: context")
@builtin("get entries", "context: context")
def _get_entries(env: Env, context: dict[str, Any]) -> list[Any]:
    env.build(3 * len(context))
    return [{"key": key, "value": normalise(value)} for key, value in context.items()]


@builtin("context", "entries: list")
def _context(env: Env, entries: list[Any]) -> dict[str, Any]:
    env.build(len(entries))
    made: dict[str, Any] = {}
    for entry in entries:
        if type(entry) is not dict or "key" not in entry or "value" not in entry:
            raise NullResult("expected contexts with the entries 'key' and 'value'", entry)
        key = entry["key"]
        if type(key) is not str:
            raise NullResult(f"expected a string as key, got {kind_name(normalise(key))}", entry)
        if key in made:
            raise NullResult(f"the key '{key}' is there twice")
        made[key] = normalise(entry["value"])
    return made


@builtin("context put", "context: context, key: string, value: any")
@builtin("put", "context: context, key: string, value: any")
def _context_put(env: Env, context: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    env.build(len(context) + 1)
    return {**context, key: value}


@builtin("context put", "context: context, keys: list, value: any")
def _context_put_nested(env: Env, context: dict[str, Any], keys: list[Any], value: Any) -> dict[str, Any]:
    """Put a value at the end of a path of keys: every key but the last must lead to a context."""
    if not keys or not all(type(key) is str for key in keys):
        raise NullResult("expected a path of one or more strings", keys)
    result = made = dict(context)
    for key in keys[:-1]:
        env.build(len(made) + 1)
        inner = normalise(made.get(key))
        if type(inner) is not dict:
            raise NullResult(f"'{key}' holds no context", inner)
        made[key] = dict(inner)
        made = made[key]
    env.build(len(made) + 1)
    made[keys[-1]] = value
    return result


@builtin("context merge", "contexts: list")
@builtin("put all", "contexts: list")
def _context_merge(env: Env, contexts: list[Any]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for context in contexts:
        if type(context) is not dict:
            raise NullResult(f"expected contexts, got {kind_name(context)}", context)
        env.build(len(context))
        merged.update(context)
    return merged


@builtin("put all", "contexts: context...")
def _context_merge_all(env: Env, contexts: list[dict[str, Any]]) -> dict[str, Any]:
    return _context_merge(env, contexts)
