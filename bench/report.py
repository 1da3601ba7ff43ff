"""The report: a table in Markdown between two marks of docs/benchmarks.md, the raw figures as JSON, and a plot as SVG."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from xml.sax.saxutils import escape

BEGIN, END = "<!-- figures: written by the command above -->", "<!-- end of figures -->"


@dataclass(frozen=True, slots=True)
class Row:
    """`value` is in `unit`; `beside` is the peer or limit of the same run. `target` in words, `met` None where there is none."""

    name: str
    value: float
    unit: str
    beside: str = ""
    target: str = ""
    met: bool | None = None


def machine() -> str:
    model = next(
        (line.split(":", 1)[1].strip() for line in _lines(Path("/proc/cpuinfo")) if line.startswith("model name")),
        platform.machine(),
    )
    kibibytes = next((int(line.split()[1]) for line in _lines(Path("/proc/meminfo")) if line.startswith("MemTotal")), 0)
    return (
        f"{os.cpu_count()} cores ({model}), {kibibytes / 2**20:.0f} GiB, Linux {platform.release()}, "
        f"Python {platform.python_version()}, load at the start {os.getloadavg()[0]:.1f}"
    )


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def table(rows: list[Row]) -> str:
    lines = ["| what | figure | beside it, in the same run | target | met |", "| --- | --- | --- | --- | --- |"]
    for row in rows:
        met = {True: "yes", False: "**no**", None: ""}[row.met]
        lines.append(f"| {row.name} | {_number(row.value)} {row.unit} | {row.beside} | {row.target} | {met} |")
    return "\n".join(lines)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def write(rows: list[Row], plots: dict[str, list[tuple[str, float]]], *, docs: Path, about: str) -> None:
    """Replace the figures in docs/benchmarks.md and the plot beside it."""
    file = docs / "benchmarks.md"
    text = file.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    file.write_text(f"{before}{BEGIN}\n\n{about}\n\n{table(rows)}\n\n{END}{after}")
    (docs / "images").mkdir(exist_ok=True)
    (docs / "images" / "benchmarks.svg").write_text(plot(plots))


def as_json(rows: list[Row]) -> str:
    return json.dumps([asdict(row) for row in rows], indent=2) + "\n"


def plot(groups: dict[str, list[tuple[str, float]]]) -> str:
    """Horizontal bars, a group for each measurement; each group has a scale of its own."""
    width, left, bar, gap = 760, 250, 18, 34
    height = sum(gap + len(bars) * (bar + 6) for bars in groups.values()) + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img"'
        ' font-family="sans-serif" font-size="13"><title>Benchmarks</title>'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
    ]
    y = 10
    for title, bars in groups.items():
        parts.append(f'<text x="12" y="{y + 16}" font-weight="bold">{escape(title)}</text>')
        y += gap - 6
        top = max(value for _, value in bars) or 1
        for name, value in bars:
            length = max(1, (width - left - 110) * value / top)
            colour = "#0f62fe" if name.startswith("Stepwell") else "#8d8d8d"
            parts.append(f'<text x="{left - 8}" y="{y + 14}" text-anchor="end">{escape(name)}</text>')
            parts.append(f'<rect x="{left}" y="{y}" width="{length:.0f}" height="{bar}" fill="{colour}"/>')
            parts.append(f'<text x="{left + length + 6:.0f}" y="{y + 14}">{_number(value)}</text>')
            y += bar + 6
        y += 6
    return "".join(parts) + "</svg>\n"
