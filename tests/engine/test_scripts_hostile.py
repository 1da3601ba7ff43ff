"""Two hundred scripts that mean harm: each ends in time, with a result or a clear error, and the next script runs."""

from __future__ import annotations

import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import scripts
from engine.scripts import ScriptBpmnError, ScriptError, ScriptResult

SECONDS = 0.2
"""That the sandbox gives each."""
PATIENCE = 10.0
"""Of the wall, for a machine that does much else."""
BYTES = 128 << 20
ROOT = Path(__file__).parents[2]
FOREVER = ("while True: pass", "x = 1\nwhile x: x += 1", "import itertools\nfor i in itertools.count(): pass")


def endless() -> Iterator[str]:
    yield from FOREVER
    for caught in ("Exception", "BaseException", "TimeoutError", "(TimeoutError, MemoryError)"):
        yield f"while True:\n    try:\n        while True: pass\n    except {caught}:\n        pass"
    yield "while True:\n    try:\n        1 / 0\n    finally:\n        continue"
    yield "def f(n):\n    for i in range(n):\n        f(n)\nf(100)"
    yield "x = [0]\nfor i in x: x.append(i)"
    yield "for a in range(10**9):\n    for b in range(10**9): pass"
    yield "sum(i for i in range(10**12))"
    yield "any(False for i in range(10**12))"
    yield "10**9 in (i for i in range(10**12))"
    yield "max(range(10**12))"
    yield "x = sorted(range(10**7), key=lambda n: -n)"
    yield "import re\nre.match('(a+)+$', 'a' * 40 + 'b')"
    yield "import re\nre.match('(a|aa)+$', 'a' * 60 + 'b')"
    yield "import re\nre.sub('(.*)(.*)(.*)(.*)x', '', 'a' * 5000)"
    yield "import time\ntime.sleep(10**6)\nwhile True: pass"
    yield "import asyncio\nasync def f():\n    while True: pass\nawait f()"
    yield "x = 2\nwhile True: x = pow(x, 3, 10**500)"
    yield "def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)\nfib(60)"
    yield "s = 'a'\nwhile True: s = s[::-1]"
    yield "d = {}\nwhile True:\n    d[0] = d.get(0, 0) + 1"
    yield "def again():\n    while True:\n        try:\n            again()\n        except RecursionError:\n            pass\nagain()"


def memory() -> Iterator[str]:
    for size in (10**8, 10**9, 10**12, 2**62):
        yield f"x = 'a' * {size}"
        yield f"x = [0] * {size}"
        yield f"x = (0,) * {size}"
        yield f"x = b'a' * {size}"
        yield f"x = list(range({size}))"
        yield f"x = {{i: i for i in range({size})}}"
        yield f"x = {{i for i in range({size})}}"
        yield f"x = ''.join('ab' for i in range({size}))"
        yield f"x = 'a'.ljust({size})"
        yield f"x = f'{{1:>{size}}}'"
        yield f"x = '%{size}d' % 1"
    yield "x = 'a'\nwhile True: x += x"
    yield "x = [1]\nwhile True: x = x + x"
    yield "x = [1]\nwhile True: x.extend(x)"
    yield "x = {}\ni = 0\nwhile True:\n    x[i] = 'a' * 1000\n    i += 1"
    yield "x = []\nwhile True: x.append([x])"
    yield "x = []\nfor i in range(10**7): x = [x]"
    yield "x = 'a' * 10**7\ny = x.replace('a', 'b' * 1000)"
    yield "x = [[0] * 1000 for _ in range(10**6)]"
    yield "import json\nx = json.dumps(['a' * 1000] * 10**6)"
    yield "import json\nx = json.loads('[' * 10**5)"
    yield "import itertools\nx = list(itertools.product(range(1000), repeat=5))"
    yield "import itertools\nx = list(itertools.permutations(range(20)))"
    yield "x = ','.join(['a' * 10**6] * 10**4)"
    yield "x = 'a,' * 10**7\ny = x.split(',')"
    yield "x = bytes(10**10)"
    yield "x = [i for i in range(10**5) for j in range(10**5)]"
    yield "def f(*a): return f(*a, *a)\nf(1)"
    yield "import copy\nx = [1] * 10**6\ny = [copy.deepcopy(x) for _ in range(10**4)]"


def numbers() -> Iterator[str]:
    yield from (
        "x = 10 ** 5000",
        "x = 10 ** 10**7",
        "x = 9**9**9**9",
        "x = 2 ** 2 ** 40",
        "x = 1 << 10**9",
        "x = 1 << 10**18",
        "x = 3\nwhile True: x = x * x",
        "x = -(10 ** 5000)",
        "x = str(10 ** 10**6)",
        "x = int('9' * 10**6)",
        "x = int('9' * 10**7, 16)",
        "x = float('inf')",
        "x = float('nan')",
        "x = 1e308 * 10",
        "x = 1 / 0",
        "x = 1 // 0",
        "x = 1 % 0",
        "x = 0 ** -1",
        "x = pow(2, -1, 0)",
        "x = round(1.5, 10**9)",
        "x = hash(10**10**6)",
        "import math\nx = math.factorial(10**7)",
        "import math\nx = math.comb(10**6, 10**5)",
        "import math\nx = math.exp(10**6)",
        "from decimal import Decimal\nx = Decimal('9' * 10**6)",
        "from decimal import Decimal\nx = Decimal('1e999999999')",
        "from decimal import Decimal\nx = Decimal('1e999999') ** 1000",
        "from decimal import Decimal\nx = Decimal('NaN')",
        "import datetime\nx = datetime.timedelta(days=10**12)",
        "import datetime\nx = datetime.date(99999, 1, 1)",
    )


def recursion() -> Iterator[str]:
    yield from (
        "def f(): return f()\nf()",
        "def f(n): return f(n + 1) + f(n + 1)\nf(0)",
        "f = lambda: f()\nf()",
        "def a(): b()\ndef b(): a()\na()",
        "class A:\n    def __init__(self): self.a = A()\nA()",
        "class A:\n    def __repr__(self): return repr(self)\nx = repr(A())",
        "class A:\n    def __eq__(self, other): return self == other\nA() == A()",
        "class A:\n    def __getattr__(self, name): return self.x\nA().y",
        "class A:\n    def __iter__(self): return iter(self)\nfor i in A(): pass",
        "x = []\nx.append(x)\ny = str(x)",
        "x = {}\nx['x'] = x",
        "x = [[]]\nfor i in range(10**5): x = [x]\ny = x == x",
        "x = []\nfor i in range(10**4): x = [x]\ny = str(x)",
        "x = 1\nfor i in range(10**4): x = {'x': x}",
        "import functools\nx = functools.reduce(lambda f, g: lambda: f(), [lambda: 1] * 10**5)()",
        "def f():\n    try:\n        f()\n    except RecursionError:\n        f()\nf()",
        "def f():\n    try:\n        f()\n    finally:\n        f()\nf()",
        "sorted([1, 2], key=lambda n: sorted([1, 2], key=lambda m: 1 / 0))",
    )


def nesting() -> Iterator[str]:
    for depth in (50, 90, 500, 20_000):
        yield "x = " + "(" * depth + "1" + ")" * depth
        yield "x = " + "[" * depth + "]" * depth
        yield "x = " + "{'a':" * depth + "1" + "}" * depth
        yield "x = " + "-" * depth + "1"
        yield "x = " + "not " * depth + "1"
        yield "x = " + "lambda: " * depth + "1"
        yield "x = " + "1 if 1 else " * depth + "2"
        yield "x = " + "1+" * depth + "1"
        yield "x = a" + ".a" * depth
        yield "x = a" + "[0]" * depth
        yield "x = f" + "()" * depth
    for depth in (19, 90, 400):
        yield "\n".join(" " * i + "if 1:" for i in range(depth)) + "\n" + " " * depth + "x = 1"
        yield "\n".join(" " * i + "def f():" for i in range(depth)) + "\n" + " " * depth + "x = 1"


def escapes() -> Iterator[str]:
    yield from (
        "open('/etc/passwd').read()",
        "open('x', 'w').write('x')",
        "import os\nos.environ",
        "import os\nx = os.environ.get('PATH') or 1 / 0",
        "import os\nos.system('true')",
        "import os\nos.fork()",
        "import os\nos._exit(1)",
        "import os\nos.kill(os.getppid(), 9)",
        "import os\nx = os.listdir('/')",
        "import os\nx = os.getcwd() + 1",
        "import sys\nsys.exit(1)",
        "import sys\nx = sys.modules['os']",
        "import sys\nsys.setrecursionlimit(10**9)",
        "import sys\nsys._getframe()",
        "import pathlib\nx = pathlib.Path('/etc/passwd').read_text()",
        "import pathlib\npathlib.Path('/tmp/x').write_text('x')",
        "import pathlib\nx = [str(p) for p in pathlib.Path('/').iterdir()]",
        "import socket",
        "import subprocess",
        "import ctypes",
        "import pickle",
        "import importlib",
        "import builtins",
        "import threading",
        "import urllib.request",
        "import gc",
        "from os import fork\nfork()",
        "eval('1')",
        "exec('x = 1')",
        "compile('1', '', 'eval')",
        "__import__('os').system('true')",
        "__builtins__",
        "globals()['__builtins__']",
        "vars()",
        "breakpoint()",
        "input()",
        "exit()",
        "quit()",
        "help()",
        "().__class__.__bases__[0].__subclasses__()",
        "''.__class__.__mro__[1].__subclasses__()",
        "(lambda: 0).__globals__",
        "(lambda: 0).__code__",
        "def f(): pass\nf.__globals__['x']",
        "x = [].__class__.__base__",
        "type('A', (), {})",
        "getattr((), '__class__')",
        "setattr(int, 'x', 1)",
        "bpmn_error.__self__",
        "bpmn_error.__globals__",
        "bpmn_error.__class__.__mro__",
        "'{0.__class__.__mro__}'.format(bpmn_error)",
        "class A:\n    __class__ = int\nA().__class__.__subclasses__()",
        "try:\n    1 / 0\nexcept Exception as e:\n    x = e.__traceback__.tb_frame",
        "import asyncio\nasyncio.create_subprocess_exec('true')",
        "import datetime\ndatetime.datetime.now = None",
        "import math\nmath.pi = 3",
    )


def outputs() -> Iterator[str]:
    yield from (
        "print('x' * 10**6)",
        "while True: print('x')",
        "for i in range(10**6): print(i, end='')",
        "while True: print(end='')",
        "print(*range(10**6))",
        "print('\\ud800')",
        "print('\\x00' * 100)",
        "x = '\\ud800'",
        "x = {1: 2}",
        "x = {None: 1}",
        "x = [{1, (2, 3)}]",
        "x = {'a' * 10**6: 1}",
        "x = {str(i): i for i in range(10**5)}",
        "raise ValueError('x' * 10**7)",
        "raise KeyboardInterrupt()",
        "raise SystemExit(1)",
        "raise MemoryError()",
        "raise RuntimeError('a') from RuntimeError('b')",
        "class E(Exception):\n    def __str__(self): return 1\nraise E()",
        "raise 1",
        "assert False, 'x' * 10**6",
        "bpmn_error('a' * 10**6)",
        "bpmn_error()",
        "bpmn_error(1, 2, 3)",
        "bpmn_error([1], {'a': 1})",
        "while True:\n    try:\n        bpmn_error('A')\n    except Exception:\n        pass",
        "bpmn_error = None\nx = 1",
    )


def sources() -> Iterator[str]:
    yield from (
        "x = 1\n" * 200_000,
        "x" * 1_000_000,
        "#" * 1_000_000,
        "x = '" + "a" * 1_000_000 + "'",
        "\n" * 1_000_000,
        " " * 1_000_000 + "x",
        "x = [" + "1," * 45_000 + "]",
        "x = 1;" * 15_000,
        "\n".join(f"x{i} = {i}" for i in range(6_000)),
        "x = " + "9" * 5_000,
        "x = 0x" + "f" * 90_000,
        "x = '" + "\\" * 90_001 + "'",
        "def f(" + ",".join(f"a{i}" for i in range(5_000)) + "): pass",
        "\x00",
        "x = '\ud800'",
        "\ufeffx = 1",
        "if :",
        "x = = 1",
        "'''",
        "(" * 5_000,
    )


BATTERY = [*endless(), *memory(), *numbers(), *recursion(), *nesting(), *escapes(), *outputs(), *sources()]


def outcome_of(source: str, seconds: float = SECONDS) -> ScriptResult | ScriptError | ScriptBpmnError:
    """What came out of it: no other exception may."""
    try:
        return scripts.run(source, {"a": 1}, seconds=seconds)
    except (ScriptError, ScriptBpmnError) as refusal:
        return refusal


def test_the_battery_has_two_hundred_scripts() -> None:
    assert len(set(BATTERY)) == len(BATTERY) >= 200


@pytest.mark.parametrize("source", BATTERY, ids=lambda source: source[:40].encode("ascii", "replace").decode())
def test_a_hostile_script_ends_in_time_and_the_next_one_runs(source: str) -> None:
    began = time.monotonic()
    outcome_of(source)
    assert time.monotonic() - began < PATIENCE
    assert scripts.run("1 + 1", {}).result == 2


@pytest.mark.parametrize("source", list(escapes()), ids=lambda source: source[:40])
def test_nothing_of_the_machine_comes_out_of_the_sandbox(source: str) -> None:
    found = outcome_of(source)
    text = str(found.variables) + str(found.result) + found.output if isinstance(found, ScriptResult) else ""
    assert "root:" not in text
    assert not any(secret in text for secret in ("/usr/", "/home/", "site-packages", "DJANGO"))


def test_a_script_runs_while_others_eat_their_time_and_memory() -> None:
    stop = threading.Event()

    def eat(source: str) -> None:
        while not stop.is_set():
            outcome_of(source)

    eaters = [threading.Thread(target=eat, args=(source,)) for source in ("while True: pass", "x = 1 << 10**9")]
    for eater in eaters:
        eater.start()
    try:
        for number in range(10):
            assert scripts.run("n * 2", {"n": number}).result == number * 2
    finally:
        stop.set()
        for eater in eaters:
            eater.join(PATIENCE * 2)
    assert not any(eater.is_alive() for eater in eaters)


MEASURE = """
import resource
from tests.engine.test_scripts_hostile import BATTERY, outcome_of
outcome_of("1 + 1")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for source in BATTERY:
    outcome_of(source, 0.02)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_the_whole_battery_costs_the_worker_little_memory_of_its_own() -> None:
    done = subprocess.run([sys.executable, "-c", MEASURE], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) * 1024 <= BYTES
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss > 0


def test_a_very_long_script_is_refused_before_it_is_read() -> None:
    with pytest.raises(ScriptError, match="at most 100,000 characters"):
        scripts.run("x = 1\n" * 20_000, {})
