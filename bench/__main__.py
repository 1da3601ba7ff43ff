"""The benchmarks of the whole, each beside its limit or a peer in the same run.

    .venv/bin/python -m bench [--short] [--only a,b,...] [--peers FOLDER] [--write]

`--short` proves in seconds that everything runs; its figures mean nothing. `--write` puts the figures into docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from bench import measure, report, scenarios, search
from bench.installation import PROJECT, Installation, installation
from bench.peers import limits
from bench.report import Row

Plots = dict[str, list[tuple[str, float]]]
WORKERS = 2
SCALE: list[float] = []


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--short", action="store_true", help="small numbers: shows that it runs")
    parser.add_argument("--only", default="a,b,c,d,e,f,g,h,i,j", help="letters of what is measured")
    parser.add_argument("--peers", type=Path, help="folder with the peers' environment")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md and its plot")
    parser.add_argument(
        "--scale", type=float, default=1.0, help="of the numbers of (a), (b), (c), (f), (g) and (h), for a busy machine"
    )
    parser.add_argument("--json", type=Path, help="write the figures there")
    arguments = parser.parse_args()
    SCALE.append(arguments.scale)
    about = f"{report.machine()}; {time.strftime('%Y-%m-%d')}, commit {_commit()}."
    rows: list[Row] = []
    plots: Plots = {}
    with installation() as it:
        scenarios.deploy()
        for letter in arguments.only.split(","):
            began, load = time.perf_counter(), os.getloadavg()[0]
            found = MEASUREMENTS[letter](it, arguments.short, arguments.peers, plots)
            rows += found
            if arguments.json:
                arguments.json.write_text(report.as_json(rows))
            if arguments.write:
                report.write(rows, plots, docs=PROJECT / "docs", about=about)
            print(f"({letter}) {time.perf_counter() - began:.0f} s, load {load:.1f}\n{report.table(found)}", flush=True)


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


def start_to_end(it: Installation, short: bool, peers: Path | None, plots: Plots) -> list[Row]:
    count = 20 if short else int(1_000 * SCALE[-1])
    ours = scenarios.start_to_end(count)
    limit = limits.plain_psycopg(it, count)
    again = scenarios.start_to_end(count)  # around the limit: what changes on the machine meanwhile hits both
    rate = 2 * count / (ours.seconds + again.seconds)
    bound = count / limit.seconds
    bars = [("Stepwell", rate), ("plain psycopg, the same rows", bound)]
    rows = [
        Row(
            "(a) start to end, five tasks without waits, one client",
            rate,
            "instances/s",
            f"plain psycopg, the same rows and commit: {bound:,.0f}/s ({rate / bound:.0%})",
            "half of plain psycopg",
            rate >= bound / 2,
        ),
        Row(
            "(a) writing transactions an instance",
            ours.transactions / count,
            "",
            "",
            "one a transition",
            ours.transactions <= 1.1 * count,
        ),
        Row(
            "(a) WAL an instance",
            ours.wal_bytes / count,
            "bytes",
            f"plain psycopg: {limit.wal_bytes / count:,.0f}",
            "3,500 bytes",
            ours.wal_bytes / count <= 3_500,
        ),
    ]
    if peers is not None:
        few = max(10, count // 10)
        spiff = few / limits.spiff(it, peers, few)
        bars.append(("SpiffWorkflow, a blob a step", spiff))
        rows.append(Row("(a) SpiffWorkflow, one JSON blob saved a step", spiff, "instances/s"))
    plots["(a) instances a second, five tasks without waits"] = bars
    return rows


def five_service_tasks(it: Installation, short: bool, peers: Path | None, plots: Plots) -> list[Row]:
    count = 10 if short else int(500 * SCALE[-1])
    ours = scenarios.five_service_tasks(it, count, workers=WORKERS)
    waiting = scenarios.five_service_tasks_waiting(it, count, workers=WORKERS)
    rate = count / ours.seconds
    drained = count / waiting.seconds
    bars = [("Stepwell, started by one client", rate), ("Stepwell, started before", drained)]
    rows = [
        Row(
            "(b) five service tasks that wait for 2 worker processes",
            drained,
            "instances/s",
            f"{5 * drained:,.0f} jobs/s; {waiting.transactions / count:.2f} writing transactions an instance",
        ),
        Row(
            "(b) five service tasks through Celery, 2 worker processes", rate, "instances/s", f"{5 * rate:,.0f} jobs/s"
        ),
        Row(
            "(b) writing transactions an instance",
            ours.transactions / count,
            "",
            "6 transitions and 5 leases",
            "one a transition",
            ours.transactions <= 6 * count,
        ),
        Row("(b) WAL an instance", ours.wal_bytes / count, "bytes", "", "3,500 bytes", ours.wal_bytes <= 3_500 * count),
    ]
    if peers is not None:
        dbos = count / limits.dbos(it, peers, count, processes=WORKERS)
        restate = count / limits.restate(it, peers, count, processes=WORKERS)
        bars += [("DBOS", dbos), ("Restate", restate)]
        rows += [
            Row(
                "(b) beside DBOS, five steps, 2 processes",
                rate / dbos,
                "times",
                f"DBOS: {dbos:,.0f} workflows/s",
                "3 times",
                rate >= 3 * dbos,
            ),
            Row(
                "(b) beside Restate, five steps, 2 processes",
                rate / restate,
                "times",
                f"Restate: {restate:,.0f} invocations/s",
                "more",
                rate > restate,
            ),
        ]
    plots["(b) instances a second, five service tasks, 2 worker processes"] = bars
    return rows


def five_external_jobs(it: Installation, short: bool, peers: Path | None, plots: Plots) -> list[Row]:
    del peers
    count = 5 if short else int(100 * SCALE[-1])
    rate = 5 * count / scenarios.five_external_jobs(it, count)
    plots["(c) external jobs a second over REST, one worker, one connection"] = [("Stepwell", rate)]
    return [Row("(c) five external jobs over REST, one worker without concurrency", rate, "jobs/s", "")]


def next_user_task(it: Installation, short: bool, peers: Path | None, plots: Plots) -> list[Row]:
    del peers, plots
    times, empty = scenarios.next_user_task(it, 3 if short else 100)
    p95 = measure.percentile(times, 0.95) * 1000
    nothing = measure.percentile(empty, 0.5) * 1000
    return [
        Row(
            "(d) completion of a user task until a search shows the next, p95",
            p95,
            "ms",
            f"median {measure.percentile(times, 0.5) * 1000:.1f} ms; a search that finds nothing: {nothing:.1f} ms",
            "30 ms",
            p95 < 30,
        )
    ]


def fan_out(it: Installation, short: bool, peers: Path | None, plots: Plots) -> list[Row]:
    del it, peers, plots
    widths = (50, 100) if short else (1_250, 2_500, 5_000, 10_000)
    each = {width: scenarios.fan_out(width) / width * 1e6 for width in widths}
    growth = each[widths[-1]] / each[widths[0]]
    beside = ", ".join(f"{width:,}: {cost:,.0f}" for width, cost in each.items())
    return [
        Row(
            f"(e) fan-out of {widths[-1]:,}",
            each[widths[-1]],
            "µs a part of the engine's own time",
            beside,
            "linear",
            growth < 1.5,
        )
    ]


def loop(it: Installation, short: bool, peers: Path | None, plots: Plots) -> list[Row]:
    del it, peers, plots
    found = scenarios.loop(400 if short else int(1_000_000 * SCALE[-1]))
    growth = found[-1][1] / found[0][1]
    beside = ", ".join(f"{rounds:,} rounds: {cost:.0f} µs, {size} bytes of state" for rounds, cost, size in found)
    constant = growth < 1.3 and found[-1][2] <= found[0][2] + 16
    return [
        Row(
            f"(f) loop of {found[-1][0]:,} rounds in the core",
            found[-1][1],
            "µs a round of its own time",
            beside,
            "constant",
            constant,
        )
    ]


def due_timers(it: Installation, short: bool, peers: Path | None, plots: Plots) -> list[Row]:
    del peers, plots
    counts = (20, 40) if short else (int(10_000 * SCALE[-1]), int(100_000 * SCALE[-1]))
    each = {count: scenarios.due_timers(it, count, workers=WORKERS) / count * 1e6 for count in counts}
    beside = ", ".join(f"{count:,}: {cost:,.0f}" for count, cost in each.items())
    growth = each[counts[-1]] / each[counts[0]]
    return [
        Row(
            f"(g) {counts[-1]:,} timers due at once, 2 worker processes",
            each[counts[-1]],
            "µs a timer",
            beside,
            "linear",
            growth < 1.5,
        )
    ]


def searches(it: Installation, short: bool, peers: Path | None, plots: Plots) -> list[Row]:
    del peers, plots
    return search.rows(it, 2_000 if short else int(1_000_000 * SCALE[-1]), times=3 if short else 20)


def correlation(it: Installation, short: bool, peers: Path | None, plots: Plots) -> list[Row]:
    del it, peers, plots
    few = scenarios.correlation(0, 5 if short else 200)
    others = 1_000 if short else 100_000
    many = scenarios.correlation(others, 5 if short else 200)
    middle, alone = measure.percentile(many, 0.5) * 1000, measure.percentile(few, 0.5) * 1000
    return [
        Row(
            f"(i) correlation of a message at {others:,} open subscriptions, median",
            middle,
            "ms",
            f"with none but its own: {alone:.1f} ms",
        )
    ]


def waiting_clients(it: Installation, short: bool, peers: Path | None, plots: Plots) -> list[Row]:
    del peers, plots
    polls, slow, starts, seconds = (80, 20, 20, 1.0) if short else (2_000, 500, 500, 20.0)
    found = scenarios.waiting_clients(it, polls=polls, slow=slow, starts=starts, seconds=seconds)
    alone, beside = (measure.percentile(times, 0.95) * 1000 for times in (found.alone, found.beside))
    health = measure.percentile(found.health, 0.95) * 1000
    everybody = polls + slow + starts
    return [
        Row(
            f"(j) requests beside {polls:,} open long polls for jobs, {slow} clients that send a byte a second and {starts} starts"
            " that await their end, one web process, p95",
            beside,
            "ms",
            f"without them: {alone:.1f} ms; medians {measure.percentile(found.beside, 0.5) * 1000:.1f} and"
            f" {measure.percentile(found.alone, 0.5) * 1000:.1f} ms",
            "twice that without them",
            beside <= 2 * alone,
        ),
        Row(
            "(j) /healthz beside them, p95",
            health,
            "ms",
            f"without them: {measure.percentile(found.health_alone, 0.95) * 1000:.1f} ms; the slowest of"
            f" {len(found.health)}: {max(found.health) * 1000:.1f} ms",
            "50 ms",
            health < 50,
        ),
        Row(
            "(j) of them still open at the end",
            found.waiting,
            "connections",
            "",
            f"all {everybody:,}",
            found.waiting == everybody,
        ),
    ]


MEASUREMENTS: dict[str, Callable[[Installation, bool, Path | None, Plots], list[Row]]] = {
    "a": start_to_end,
    "b": five_service_tasks,
    "c": five_external_jobs,
    "d": next_user_task,
    "e": fan_out,
    "f": loop,
    "g": due_timers,
    "h": searches,
    "i": correlation,
    "j": waiting_clients,
}


if __name__ == "__main__":
    main()
