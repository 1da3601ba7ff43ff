"""form-js is the oracle: what it submits for a person who types what was sent is what the server takes, and the same fields have mistakes.

STEPWELL_FORM_CASES says how many random forms are compared, STEPWELL_FORM_SEED which come first.
"""

from __future__ import annotations

import os
from copy import deepcopy
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from engine.forms import FormRejected, accepted
from tests.engine.forms import form_js, random_forms
from tests.engine.forms.random_forms import Case

pytestmark = pytest.mark.django_db

CASES = int(os.environ.get("STEPWELL_FORM_CASES", "150"))
FIRST = int(os.environ.get("STEPWELL_FORM_SEED", "0"))


@pytest.mark.timeout(1_800)  # the packages may have to be installed, and Node draws each form anew for each field
def test_the_server_takes_and_refuses_what_form_js_does(tmp_path: Path, settings: Settings) -> None:
    settings.STEPWELL_FORM_FOREIGN_NAMES = "drop"
    seeds = range(FIRST, FIRST + CASES)
    cases = [random_forms.case(seed) for seed in seeds]
    told = form_js.answers([each.as_json() for each in cases], folder=tmp_path)
    differences = [
        f"seed {seed}: {why}"
        for seed, case, answer in zip(seeds, cases, told, strict=True)
        if (why := difference(case, answer))
    ]
    assert not differences, f"{len(differences)} of {CASES}\n" + "\n".join(differences[:5])
    refused = sum(any(field["errors"] for field in answer["fields"]) for answer in told)
    assert CASES < 50 or CASES // 10 < refused < CASES - CASES // 10  # both kinds are there


def difference(case: Case, answer: Any) -> str | None:
    if "failure" in answer:
        return str(answer["failure"])
    expected_errors = {name_of(field) for field in answer["fields"] if field["errors"] and not field["locked"]}
    try:
        taken = accepted(case.schema, case.given, known=case.known)
    except FormRejected as refused:
        found = set(refused.errors)
        return None if found == expected_errors else f"errors {found}, form-js has {expected_errors}; {case}"
    if expected_errors:
        return f"no errors, form-js has {expected_errors}; {case}"
    expected = deepcopy(case.known)
    for field in answer["fields"]:
        if not field["disabled"]:
            put(expected, field["path"], field["value"])
    ours = bare({**case.known, **taken})
    return None if ours == bare(expected) else f"\n  ours    {ours}\n  form-js {bare(expected)}\n{case}"


def name_of(field: Any) -> str:
    return ".".join(map(str, field["path"]))


def put(data: Any, path: list[Any], value: Any) -> None:
    for step, following in pairwise(path):
        empty: Any = [] if isinstance(following, int) else {}
        if isinstance(step, int):
            data.extend({} for _ in range(step + 1 - len(data)))
            data = data[step]
        else:
            data = data.setdefault(step, empty)
    data[path[-1]] = value


def bare(value: Any) -> Any:
    """Return the value without what is empty: form-js sends null for a field that nobody filled in, the server leaves it out."""
    if isinstance(value, dict):
        found = {name: bare(each) for name, each in value.items()}
        return {name: each for name, each in found.items() if each is not False and each not in (None, "", [], {})}
    if isinstance(value, list):
        rows = [bare(each) for each in value]
        while rows and rows[-1] == {}:
            rows.pop()
        return rows
    return value
