"""Every built-in function, with the examples of the standard (DMN 1.5, 10.3.4) and its edges."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from engine import feel
from engine.feel.builtins import FUNCTIONS

NOW = datetime(2024, 2, 29, 13, 45, tzinfo=UTC)

# An expression, and another one that says what it must be.
EXAMPLES = r"""
string(1.10) | "1.10"
string(1e3) | "1000"
string([1, "a", {b: null}]) | "[1, \"a\", {b: null}]"
string(@"PT36H") | "P1DT12H"
string(@"P26M") | "P2Y2M"
string(@"2020-01-01T10:00:00.120@Europe/Paris") | "2020-01-01T10:00:00.12@Europe/Paris"
string(@"10:00:00+00:00") | "10:00:00Z"
string(null) | null
number("1 000,0", " ", ",") | 1000.0
number("1,000.0", ",", ".") | 1000
number("12a") | null
number(5) | null
not(true) | false
not(null) | null
date("2012-12-25") - date("2012-12-24") | duration("P1D")
date(2024, 2, 30) | null
date("2024-2-9") | null
date(date and time("2012-12-25T11:00:00Z")) | @"2012-12-25"
time("23:59:00z") + duration("PT2M") | @"00:01:00Z"
time(23, 59, 0, duration("PT1H")) | @"23:59:00+01:00"
time(24, 0, 0) | null
time(date("2012-12-24")) | @"00:00:00Z"
date and time("2012-12-24T23:59:00") | date and time(date("2012-12-24"), time("23:59:00"))
date and time("2012-12-24") | @"2012-12-24T00:00:00"
date and time(@"2024-02-29T10:00:00Z", "Europe/Paris") | @"2024-02-29T11:00:00@Europe/Paris"
date and time("2012-12-24T25:00:00") | null
duration("P1Y2DT3H") | null
duration("-P1DT2H") | -duration("PT26H")
years and months duration(date("2011-12-22"), date("2013-08-24")) | duration("P1Y8M")
from unix timestamp(0) | @"1970-01-01T00:00:00Z"
to unix timestamp(@"1970-01-01T00:00:01Z") | 1000
substring("foobar", 3) | "obar"
substring("foobar", -2, 1) | "a"
substring("\U01F40Eab", 2) | "ab"
substring("abc", 0) | null
string length("\uD83D\uDC0Eab") | 3
upper case("aBc4") | "ABC4"
lower case("aBc4") | "abc4"
substring before("foobar", "bar") | "foo"
substring after("foobar", "ob") | "ar"
substring after("foobar", "x") | ""
replace("abcd", "(ab)|(a)", "[1=$1][2=$2]") | "[1=ab][2=]cd"
replace("0123456789", "(\d{3})(\d{3})(\d{4})", "($1) $2-$3") | "(012) 345-6789"
replace("abc", "x*", "-") | null
replace("a.b", ".", "$", "q") | "a$b"
contains("foobar", "oba") | true
starts with("foobar", "fo") | true
ends with("foobar", "r") | true
matches("foobar", "^FO*b", "i") | true
matches("helloworld", "hello world", "x") | true
matches("O", "[A-Z-[OI]]") | false
matches("m", "\p{Lu}", "i") | false
matches("a", "(") | null
matches("hello world", "hello\ sworld", "x") | true
matches("a", "^\p{ Is Basic Latin }$", "x") | true
matches("a", "\p{IsBasicLatin}") | true
matches("é", "[x\P{IsBasicLatin}]") | true
matches("é", "\p{IsNoBlock}") | null
matches("aa", "(.)\1") | null
matches("a", "a", "z") | null
split("John Doe", "\s") | ["John", "Doe"]
split("a;b;c;;", ";") | ["a", "b", "c", "", ""]
extract("references are 1234, 1256", "12[0-9]*") | ["1234", "1256"]
string join(["a", null, "c"], "_and_") | "a_and_c"
string join([1]) | null
trim("  a ") | "a"
is blank(" ") | true
to base64("FEEL") | "RkVFTA=="
list contains([1, 2, null], null) | true
list contains(["DE", "FR"], "IT") | false
count([1, null]) | 2
count(null) | null
min(3, 1, 2) | 1
min([]) | null
max("a", "b") | "b"
max(@"P1D", @"PT36H") | @"PT36H"
max(1, "a") | null
sum([1, 2, 3]) | 6
sum(@"P1D", @"PT1H") | @"P1DT1H"
sum([]) | null
mean([1, 2, 3]) | 2
all([true, null]) | null
all([]) | true
any([false, null, true]) | true
sublist([4, 5, 6], 1, 2) | [4, 5]
sublist([4, 5, 6], -1) | [6]
append([1], 2, [3]) | [1, 2, [3]]
concatenate([1, 2], [1], [3]) | [1, 2, 1, 3]
insert before([1, 3], 1, 2) | [2, 1, 3]
insert before([1, 3], 0, 2) | null
remove([1, 2, 3], -1) | [1, 2]
reverse([1, 2, 3]) | [3, 2, 1]
index of([1, 2, 3, 2], 2) | [2, 4]
union([1, 2], [2, 3]) | [1, 2, 3]
distinct values([1, [2], 1, [2]]) | [1, [2]]
duplicate values([1, 2, 2, 3]) | [2]
flatten([[1, 2], [[3]], 4]) | [1, 2, 3, 4]
product([2, 3, 4]) | 24
median(8, 2, 5, 3, 4) | 4
median([6, 1, 2, 3]) | 2.5
decimal(stddev(2, 4, 7, 5), 12) | 2.081665999466
stddev([47]) | null
mode([6, 1, 9, 6, 1]) | [1, 6]
list replace([2, 4, 7, 8], 3, 6) | [2, 4, 6, 8]
list replace([2, 4, 7, 8], function(item, newItem) item < newItem, 5) | [5, 5, 7, 8]
partition([1, 2, 3], 2) | [[1, 2], [3]]
is empty([]) | true
sort([3, 1, 4], function(x, y) x > y) | [4, 3, 1]
sort(list: ["b", "a"], precedes: function(x, y) x < y) | ["a", "b"]
sort([3, 1, 2]) | [1, 2, 3]
decimal(1/3, 2) | 0.33
decimal(2.5, 0) | 2
floor(-1.56, 1) | -1.6
ceiling(-1.5) | -1
round up(-5.5, 0) | -6
round down(-5.5, 0) | -5
round half up(-5.5, 0) | -6
round half down(5.5, 0) | 5
abs(-10) | 10
abs(@"-P1Y") | @"P1Y"
modulo(-10.1, 4.5) | 3.4
modulo(1, 0) | null
sqrt(16) | 4
sqrt(-1) | null
decimal(log(10), 8) | 2.30258509
decimal(exp(5), 8) | 148.41315910
odd(5) | true
even(2.5) | false
even(1e6000) | true
before(1, [5..10]) | true
before([1..10), [10..20]) | true
after((10..15], [1..10]) | true
meets([1..5], [5..10]) | true
met by([5..10], [1..5)) | false
overlaps([1..5), [5..8]) | false
overlaps before([1..5], [3..8]) | true
overlaps after([3..8], [1..5]) | true
finishes(10, [1..10]) | true
finished by([1..10], [5..10]) | true
includes([1..10], (1..10)) | true
during(5, [1..10]) | true
starts([1..5], [1..10]) | true
started by((1..10], (1..5)) | true
coincides([1..5], [1..5]) | true
range("[18..21)") | [18..21)
range("[..21]") | null
range("[2..]") | null
range("(..2]") = <= 2 | true
range("(2..)") != > 2 | false
range("(..21)").end | 21
range("[x..21)") | null
get value({key1: "value1"}, "key1") | "value1"
get value({a: {b: 1}}, ["a", "b"]) | 1
get entries({key1: "value1"}) | [{key: "key1", value: "value1"}]
context([{key: "a", value: 1}, {key: "b", value: 2}]) | {a: 1, b: 2}
context([{key: "a", value: 1}, {key: "a", value: 2}]) | null
context put({x: 1}, "y", 2) | {x: 1, y: 2}
context put({x: 1, y: {a: 0}}, ["y", "a"], 2) | {x: 1, y: {a: 2}}
context put({y: 0}, ["y", "a"], 2) | null
put({x: 1}, "y", 2) | {x: 1, y: 2}
context merge([{x: 1}, {x: 2, y: 3}]) | {x: 2, y: 3}
put all({x: 1}, {y: 3}) | {x: 1, y: 3}
day of year(@"2019-09-17") | 260
day of week(@"2019-09-17") | "Tuesday"
month of year(@"2019-09-17") | "September"
week of year(@"2005-01-01") | 53
last day of month(@"2024-02-01") | @"2024-02-29"
is(@"2012-12-25T00:00:00Z", @"2012-12-25T01:00:00+01:00") | false
is(time("23:00:50z"), time("23:00:50+00:00")) | true
now() | @"2024-02-29T13:45:00Z"
today() | @"2024-02-29"
get or else(null, 1) | 1
is defined(nowhere) | false
cycle(3, duration("PT6H")) | "R3/PT6H"
cycle(duration("P1M")) | "R/P1M"
cycle(null, duration("PT1H")) | "R/PT1H"
cycle(1.5, duration("PT1H")) | null
assert(1, true) | 1
fromAi("x", "what the agent is to give", "string") | "x"
"""


def examples() -> list[Any]:
    lines = [line.rsplit(" | ", 1) for line in EXAMPLES.strip().splitlines()]
    return [pytest.param(actual, expected, id=actual) for actual, expected in lines]


@pytest.mark.parametrize(("actual", "expected"), examples())
def test_a_built_in_function_gives_what_the_standard_says(actual: str, expected: str) -> None:
    found, wanted = feel.evaluate(actual, {}, now=NOW), feel.evaluate(expected, {}, now=NOW)
    assert type(found) is type(wanted)
    assert found == wanted


def test_every_built_in_function_has_an_example() -> None:
    private = {"juel empty", "juel element", "juel not"}
    untested = {name for name in FUNCTIONS if f"{name}(" not in EXAMPLES} - private
    assert not untested


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("abs()", "the arguments do not fit, expected abs(n)"),
        ("abs(m: 1)", "the arguments do not fit, expected abs(n)"),
        ('abs("a")', "abs: the parameter 'n' does not fit, expected number or duration"),
        ("now()", "now: the caller gave no current time"),
        ("1 / 0", "division by zero"),
        ("nowhere", "no variable is called 'nowhere'"),
        ('1 + "a"', "'+' is not defined for number and string"),
    ],
)
def test_a_null_comes_with_its_reason_and_position(expression: str, reason: str) -> None:
    warnings: list[feel.Warning] = []
    assert feel.compile(expression).evaluate({}, warnings=warnings) is None
    assert [warning.reason for warning in warnings] == [reason]
    assert warnings[0].position is not None
    assert warnings[0].position.line == 1
