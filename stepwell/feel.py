"""This module evaluates FEEL, the Friendly Enough Expression Language (DMN 1.5, chapter 10), without Django and without a clock of
its own.

>>> from decimal import Decimal
>>> from stepwell import feel
>>> feel.evaluate("price * 1.2", {"price": Decimal("9.99")})
Decimal('11.988')
>>> feel.unary_test("[1..5], > 7", 8, {})
True
>>> is_adult = feel.compile("age >= 18")
>>> is_adult.evaluate({"age": 17})
False

In go None, bool, int, Decimal, float (as its shortest decimal), str, lists, mappings, and Python's dates, times and timedeltas. Out come
Decimal (34 digits), str, bool, None, copies of lists and dicts, and Python's dates and times where the value fits them, else Date, Time,
DateTime, DaysTimeDuration; always YearsMonthsDuration and Range. `to_json` gives the form that a process variable has. What the
standard makes null is None and no exception; the reasons go into the list `warnings` where one is given.

- FeelSyntaxError: the text is no FEEL; it knows its position. `compile`, `evaluate` and `unary_test` raise it.
- FeelBudgetExceeded: the evaluation took more steps, depth or size than its Budget allows. Both are FeelErrors.
- `juel` reads the subset of JUEL that other engines' diagrams have; `types` are what `compile(types=...)` takes.
- `now`, an aware datetime, is what now() and today() give; without it they are null.
"""

from engine.feel import (
    Account,
    Budget,
    Date,
    DateTime,
    DaysTimeDuration,
    Expression,
    FeelBudgetExceeded,
    FeelError,
    FeelSyntaxError,
    Function,
    Position,
    Range,
    Time,
    Warning,
    YearsMonthsDuration,
    compile,
    compile_unary_tests,
    evaluate,
    juel,
    to_json,
    types,
    unary_test,
)

__all__ = [
    "Account",
    "Budget",
    "Date",
    "DateTime",
    "DaysTimeDuration",
    "Expression",
    "FeelBudgetExceeded",
    "FeelError",
    "FeelSyntaxError",
    "Function",
    "Position",
    "Range",
    "Time",
    "Warning",
    "YearsMonthsDuration",
    "compile",
    "compile_unary_tests",
    "evaluate",
    "juel",
    "to_json",
    "types",
    "unary_test",
]
