"""How many evaluations a second one core makes, beside Python's own `eval` and beside feelin in Node, in the same run.

    .venv/bin/python bench/feel.py [--seconds 1.0] [--feelin FOLDER]

`--feelin` names a folder in which `npm install feelin` (MIT) was run; without it, or without Node, that column is left out. Each
figure is the best of five rounds by the processor's time, since everything that disturbs a round only makes it slower. Then each
says whether 0.1 + 0.2 is 0.3.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from engine import feel

CONTEXT: dict[str, Any] = {**{f"variable{i}": i for i in range(18)}, "amount": 1500, "country": "DE"}

# FEEL, and what says the same in Python.
CASES = [
    ('amount > 1000 and list contains(["DE","FR"], country)', 'amount > 1000 and country in ["DE", "FR"]'),
    ("amount * 1.19 + variable3", "amount * 1.19 + variable3"),
    ('if amount > 1000 then "large" else "small"', '"large" if amount > 1000 else "small"'),
    ("sum(for i in 1..10 return i * i)", "sum(i * i for i in range(1, 11))"),
    ("[1,2,3,4,5][item > 2]", "[item for item in [1, 2, 3, 4, 5] if item > 2]"),
    ('date("2024-02-29") + duration("P1M")', None),
]

EXACT = "0.1 + 0.2 = 0.3"

NODE = """
const [cases, context, seconds, exact] = JSON.parse(process.argv[2]);
const now = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1e6; };
import(process.argv[1]).then((feelin) => {
  const value = (found) => (found !== null && typeof found === "object" && "value" in found ? found.value : found);
  const rates = cases.map((source) => {
    let best = 0;
    for (let round = 0; round < 5; round++) {
      let count = 0;
      const start = now(), end = start + seconds / 5;
      while (now() < end) { for (let i = 0; i < 20; i++) feelin.evaluate(source, context); count += 20; }
      best = Math.max(best, count / (now() - start));
    }
    return best;
  });
  console.log(JSON.stringify([rates, value(feelin.evaluate(exact, {}))]));
});
"""


def rate(call: Callable[[], object], *, seconds: float) -> float:
    """Calls a second, the best of five rounds of a fifth of the time each."""
    best = 0.0
    for _ in range(5):
        count, start = 0, time.process_time()
        end = start + seconds / 5
        while (now := time.process_time()) < end:
            for _ in range(200):
                call()
            count += 200
        best = max(best, count / (now - start))
    return best


def python_rate(source: str | None, *, seconds: float) -> float | None:
    if source is None:
        return None
    code = compile(source, "bench", "eval")
    scope = {"sum": sum, "range": range, **CONTEXT}
    return rate(lambda: eval(code, scope), seconds=seconds)  # noqa: S307 - our own text above


def feelin_answers(folder: Path | None, *, seconds: float) -> tuple[list[float], Any] | None:
    """The rates, and what it says to EXACT."""
    node = shutil.which("node")
    if folder is None or node is None:
        return None
    entry = next((folder / "node_modules" / "feelin" / "dist").glob("index.js"), None)
    if entry is None:
        return None
    request = json.dumps([[source for source, _ in CASES], CONTEXT, seconds, EXACT])
    done = subprocess.run([node, "-e", NODE, str(entry), request], capture_output=True, text=True, check=True)
    rates, exact = json.loads(done.stdout)
    return rates, exact


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--seconds", type=float, default=1.0, help="for each expression and engine")
    options.add_argument("--feelin", type=Path, help="a folder with node_modules/feelin")
    given = options.parse_args()
    beside = feelin_answers(given.feelin, seconds=given.seconds)
    print(f"{'expression':<56}{'stepwell/s':>12}{'eval/s':>12}{'feelin/s':>12}")
    for index, (source, python) in enumerate(CASES):
        expression = feel.compile(source)
        own = rate(lambda expression=expression: expression.evaluate(CONTEXT), seconds=given.seconds)  # type: ignore[misc]
        peer = python_rate(python, seconds=given.seconds)
        cells = (own, peer, beside[0][index] if beside else None)
        print(f"{source:<56}" + "".join(f"{cell:>12,.0f}" if cell else f"{'-':>12}" for cell in cells))
    words = (feel.evaluate(EXACT, {}), eval(EXACT.replace(" = ", " == ")), beside[1] if beside else "-")  # noqa: S307
    print(f"{EXACT:<56}" + "".join(f"{word!s:>12}" for word in words))


if __name__ == "__main__":
    main()
