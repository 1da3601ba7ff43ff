"""`python -m tests.guarantees [NAME ...] [--write]`: run the tests that show what Stepwell guarantees, and tell what they measured.

`--write` puts the figures of the rows that were run into the table of docs/guarantees.md; the other rows keep theirs. What a row takes
from the benchmarks or the fault suite is read from docs/benchmarks.md and from the table of fault runs; `--page` does that alone.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import REPLAYED

PROJECT = Path(__file__).parents[1]
PAGE = PROJECT / "docs" / "guarantees.md"
BEGIN, END = "<!-- promises: written by `python -m tests.guarantees --write` -->", "<!-- end of promises -->"
_NOTHING = "not measured"


@dataclass(frozen=True, slots=True)
class Row:
    """`tests` are folders, files or tests of pytest; `bench` is a letter of `python -m bench`."""

    name: str
    promise: str
    tests: tuple[str, ...]
    bench: str = ""
    faults: bool = False


def _in(file: str, *names: str) -> tuple[str, ...]:
    return tuple(f"tests/{file}.py::test_{name}" for name in names) if names else (f"tests/{file}.py",)


_CRASHES, _WORKERS = "acceptance/test_crash_points", "acceptance/test_workers"
ROWS = (
    Row(
        "crash",
        "after any crash an instance goes on exactly where it was",
        (
            *_in(_CRASHES),
            *_in("acceptance/test_web_killed"),
            *_in(_WORKERS, "workers_killed_at_random_lose_no_instance_and_double_no_transition"),
        ),
        faults=True,
    ),
    Row("once", "a transition happens once", _in("engine/test_concurrency"), faults=True),
    Row(
        "handler",
        "a service task runs at least once, its result counts once",
        (
            *_in(
                _WORKERS,
                "a_worker_does_the_job_at_the_ring_of_the_doorbell_once_however_often_it_rings",
                "kill_9_in_the_middle_of_a_handler_loses_nothing_and_its_successor_goes_on_from_the_last_detail",
                "a_worker_that_slept_beyond_its_lease_cannot_speak_for_its_successor",
                "kill_9_in_a_transactional_handler_s_transaction_leaves_its_write_exactly_once",
            ),
            *_in(
                "engine/test_jobs",
                "an_answer_of_an_earlier_attempt_is_fenced_off",
                "a_repeated_completion_with_its_key_is_answered_like_the_first",
            ),
        ),
        faults=True,
    ),
    Row(
        "outbox",
        "no checkpoint race: the job is in the commit of the state, a lost ring costs time only",
        (
            *_in(
                _CRASHES,
                "a_jobs_completion_that_is_cut_off_counts_once",
                "a_start_that_is_cut_off_and_repeated_is_one_start",
            ),
            *_in(_WORKERS, "a_broker_that_lost_every_ring_costs_time_only"),
            *_in("engine/test_group_commit"),
        ),
        faults=True,
    ),
    Row(
        "retries",
        "retries with back-off, coefficient, cap, jitter and errors that are not tried again; then an incident",
        (
            *_in("engine/test_job_attempts"),
            *_in(
                "engine/test_handlers",
                "waits_grow_by_the_coefficient_up_to_the_cap",
                "jitter_shortens_a_wait_by_its_share_at_most",
                "the_waits_of_the_diagram_replace_the_handlers_and_the_last_repeats",
            ),
            *_in(_WORKERS, "a_failing_handler_is_repeated_after_its_back_off"),
        ),
    ),
    Row(
        "timeouts",
        "time-outs of the job, of waiting for a worker, of the heartbeat",
        (
            *_in(
                _WORKERS,
                "a_handler_that_hangs_is_ended_at_its_timeout_and_the_last_time_is_an_incident",
                "a_handler_that_is_silent_beyond_its_heartbeat_timeout_is_ended",
            ),
            *_in(
                "engine/test_job_attempts",
                "a_job_that_no_worker_takes_in_time_is_an_incident_and_its_resolution_waits_anew",
                "an_attempt_of_a_job_worker_ends_at_the_job_s_time_out_whatever_it_asks_for",
            ),
            *_in("engine/test_jobs", "an_expired_lease_uses_up_an_attempt_until_an_incident_stands"),
        ),
    ),
    Row(
        "heartbeats",
        "heartbeats with progress: the next attempt goes on from the last detail",
        (
            *_in(
                _WORKERS,
                "kill_9_in_the_middle_of_a_handler_loses_nothing_and_its_successor_goes_on_from_the_last_detail",
            ),
            *_in("engine/test_jobs", "a_heartbeat_renews_the_lease_and_leaves_its_details_to_the_next_attempt"),
        ),
    ),
    Row(
        "timers",
        "durable timers: date, duration, cycle, cron, time zones",
        (
            *_in("engine/test_timers"),
            *_in(_WORKERS, "a_timer_that_came_due_while_no_ticker_ran_fires_at_the_next_start"),
            *_in("engine/test_concurrency", "several_tickers_fire_each_timer_once"),
            *_in("engine/test_starts", "a_cycle_outlives_a_restart_and_a_new_version_takes_it_over_without_doubling"),
            *_in("core/runtime/test_timers"),
        ),
        bench="g",
        faults=True,
    ),
    Row(
        "updates",
        "signals, queries, synchronous updates that return the variables after their step",
        (
            *_in(
                "api/test_process_instances_api",
                "a_message_and_a_completion_answer_with_the_variables_after_their_step",
                "variables_are_written_and_seen_at_once",
                "an_instance_is_found_and_told_exactly_at_once",
                "signals_reach_all_who_wait",
            ),
            *_in("engine/test_signals"),
        ),
    ),
    Row(
        "messages",
        "messages are neither lost nor doubled",
        (
            *_in("engine/test_messages"),
            *_in(
                "engine/test_concurrency",
                "a_message_reaches_who_begins_to_wait_at_the_same_time",
                "of_one_message_id_sent_by_eight_at_once_one_is_taken",
                "two_messages_for_one_waiting_instance_end_it_once",
            ),
            *_in(_CRASHES, "a_message_that_is_cut_off_and_published_again_is_consumed_once"),
        ),
        bench="i",
        faults=True,
    ),
    Row(
        "compensation",
        "compensation in reverse order of completion, durable like all else",
        (
            *_in(_CRASHES, "a_compensation_that_is_cut_off_undoes_each_activity_once_in_reverse"),
            *_in("core/runtime/test_compensation"),
        ),
        faults=True,
    ),
    Row(
        "fan-out",
        "fan-out and fan-in of 10,000 jobs of one instance at linear cost",
        (
            *_in("engine/test_fan_out"),
            *_in("core/test_cost", "parallel_instances_cost_the_same_each_however_many_there_are"),
            *_in("engine/test_concurrency", "two_hundred_results_for_one_instance_from_eight_connections_all_count"),
        ),
        bench="e",
    ),
    Row(
        "endless",
        "endless instances: 1,000,000 rounds, constant state and cost",
        _in("core/test_cost", "a_round_of_a_loop_costs_the_same_after_thousands_of_rounds"),
        bench="f",
    ),
    Row(
        "children",
        "called processes have their own instance, and are cancelled and failed with their parent",
        (
            *_in("engine/test_called_processes"),
            *_in(
                "engine/test_instances",
                "a_called_process_runs_as_an_instance_of_its_own_and_answers_its_caller",
                "a_child_is_cancelled_with_its_parent_and_not_alone",
            ),
            *_in(_CRASHES, "a_childs_end_reaches_its_parent_though_it_is_cut_off"),
        ),
        faults=True,
    ),
    Row(
        "history",
        "full history: every input, element and variable, who and when, of any instance at any time, as JSON",
        (
            *_in("api/test_process_instances_api", "the_journal_of_any_instance_is_exported_as_json_at_any_time"),
            *_in(
                "engine/test_retention",
                "every_value_survives_the_way_through_the_archive",
                "ended_instances_are_exported_verified_and_shown_by_hand",
            ),
        ),
    ),
    Row(
        "replay",
        "deterministic replay: every instance of these tests is replayed after its end: identical",
        ("tests/core/runtime", "tests/core/test_testing.py", "tests/engine"),
        faults=True,
    ),
    Row(
        "change",
        "change without fear: replay by a diagram that is not deployed; migration with plan, dry run and a result for each; "
        "patches by version tag",
        (
            *_in("engine/test_rehearsals"),
            *_in("engine/test_migration"),
            *_in("core/runtime/test_migration"),
            *_in(
                "engine/test_called_processes", "a_call_by_version_tag_is_patched_by_the_next_version_that_carries_it"
            ),
            *_in(
                "api/test_process_instances_api",
                "a_diagram_is_rehearsed_by_what_was_recorded_before_it_is_deployed",
                "a_migration_is_tried_before_it_is_done",
            ),
        ),
    ),
    Row(
        "reset",
        "reset to any point of the journal, in place or as another instance",
        (
            *_in("engine/test_resets"),
            *_in("api/test_process_instances_api", "an_instance_is_reset_in_place_and_as_another_one"),
        ),
    ),
    Row(
        "operators",
        "pause, resume, cancel, move a token, set variables: journaled with the name",
        (
            *_in("engine/test_instances", "what_operators_do_is_in_the_journal_with_their_names"),
            *_in("engine/test_suspension"),
            *_in("core/runtime/test_modification"),
        ),
    ),
    Row(
        "start",
        "start once, by idempotency key or business id",
        (
            *_in(
                "engine/test_instances",
                "the_same_start_twice_with_one_key_is_one_instance",
                "a_business_id_may_be_asked_to_be_unique_while_its_instance_runs",
            ),
            *_in("engine/test_concurrency", "the_same_start_from_eight_connections_with_one_key_is_one_instance"),
            *_in("engine/test_idempotency"),
            *_in(
                "api/test_process_instances_api",
                "the_same_start_with_an_idempotency_key_starts_once",
                "the_same_business_id_is_started_once_where_that_is_asked",
            ),
            *_in(_CRASHES, "a_start_that_is_cut_off_and_repeated_is_one_start"),
        ),
    ),
    Row(
        "limits",
        "limits of rate and concurrency by job type, priorities, fairness; payloads with clear errors",
        (
            *_in("engine/test_job_limits"),
            *_in("engine/test_exact_json"),
            *_in("api/test_problems_api", "a_body_beyond_the_limit_is_refused"),
            *_in("acceptance/test_hostile_input", "a_file_of_fifty_megabytes_is_refused_with_the_limit"),
        ),
    ),
    Row(
        "poison",
        "what crashes its worker is set aside with an incident, the rest goes on",
        (
            *_in("engine/test_poison"),
            *_in(_CRASHES, "an_input_that_kills_whoever_takes_it_up_is_set_aside_and_all_else_goes_on"),
            *_in(_WORKERS, "a_job_that_kills_its_workers_is_set_aside_and_those_behind_it_are_done"),
            *_in(
                "acceptance/test_hostile_input",
                "a_cycle_without_a_wait_becomes_an_incident_and_can_be_cancelled",
                "a_condition_that_never_ends_becomes_an_incident",
                "a_script_that_never_ends_becomes_an_incident",
            ),
        ),
    ),
    Row("testing", "processes are tested in memory, where the clock skips; no server", _in("core/test_testing")),
    Row(
        "machines",
        "one machine to many: two of each, one killed; queues by job type",
        (
            *_in("acceptance/test_two_of_each"),
            *_in(
                "platform/test_settings",
                "job_queues_are_read_longest_prefix_first_and_a_wrong_pair_is_named",
                "each_job_queue_is_routed_by_its_own_name",
            ),
        ),
    ),
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.guarantees", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"rows, all if none is named: {', '.join(row.name for row in ROWS)}")
    parser.add_argument("--write", action="store_true", help="write their figures into docs/guarantees.md")
    parser.add_argument(
        "--page", action="store_true", help="run nothing; take benchmarks and fault runs into the table anew"
    )
    arguments = parser.parse_args()
    if arguments.page:
        text = PAGE.read_text("utf-8")
        PAGE.write_text(with_table(text, figures_in(text)), "utf-8")
        return 0
    unknown = set(arguments.names) - {row.name for row in ROWS}
    if unknown:
        parser.error(f"unknown rows: {', '.join(sorted(unknown))}")
    chosen = [row for row in ROWS if not arguments.names or row.name in arguments.names]
    status, lines = _run(chosen)
    figures = {row.name: figure_of(row, lines) for row in chosen}
    for row in chosen:
        print(f"{row.promise}\n    {figures[row.name]}")
    if arguments.write and status == 0:
        text = PAGE.read_text("utf-8")
        PAGE.write_text(with_table(text, {**figures_in(text), **figures}), "utf-8")
    return status


def _run(rows: Sequence[Row]) -> tuple[int, list[dict[str, Any]]]:
    """Of pytest; and what the tests recorded."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "figures"
        file.touch()
        tests = dict.fromkeys(test for row in rows for test in row.tests)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "--show-capture=no", *tests],
            cwd=PROJECT,
            env={"STEPWELL_FAULTS": "1", **os.environ, "STEPWELL_FIGURES": str(file)},
            check=False,
        )
        return done.returncode, [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def figure_of(row: Row, lines: Sequence[dict[str, Any]]) -> str:
    """What the tests of a row measured, and how many they are."""
    ours = [line for line in lines if any(_belongs(line["test"], test) for test in row.tests)]
    found: dict[str, float] = {}
    for line in ours:
        if "what" in line and (line["what"] == REPLAYED) == (row.name == "replay"):
            what, value = line["what"], line["value"]
            if isinstance(value, float):
                found[what] = max(found.get(what, value), value)
            else:
                found[what] = found.get(what, 0) + value
    outcomes = [line["outcome"] for line in ours if "outcome" in line]
    passed = outcomes.count("passed")
    said = [
        f"{value:,.1f} {what}" if isinstance(value, float) else f"{value:,} {what}" for what, value in found.items()
    ]
    return "; ".join([*said, f"{passed:,} tests, {len(outcomes) - passed} failed"])


def _belongs(nodeid: str, test: str) -> bool:
    return nodeid == test or nodeid.startswith((test + "/", test + "::", test + "["))


def with_table(text: str, figures: dict[str, str]) -> str:
    """The page with the table of these figures."""
    lines = ["| promise | shown by | figure | command |", "| --- | --- | --- | --- |"]
    for row in ROWS:
        beside = [part for part in (_of_bench(row), _of_faults(row, text)) if part]
        figure = "<br>".join([figures.get(row.name, _NOTHING), *beside])
        commands = [f"`python -m tests.guarantees {row.name}`"]
        if row.bench:
            commands.append(f"`python -m bench --only {row.bench}`")
        lines.append(f"| {row.promise} | {_links(row)} | {figure} | {'<br>'.join(commands)} |")
    before, _, rest = text.partition(BEGIN)
    return "\n".join([before + BEGIN, "", *lines, "", END]) + rest.partition(END)[2]


def figures_in(text: str) -> dict[str, str]:
    """What the tests measured when the page was written, by row."""
    table = text.partition(BEGIN)[2].partition(END)[0]
    cells = [line.split(" | ") for line in table.splitlines() if line.startswith("| ")][2:]
    names = {row.promise: row.name for row in ROWS}
    return {
        names[cell[0].removeprefix("| ")]: cell[2].split("<br>")[0]
        for cell in cells
        if cell[0].removeprefix("| ") in names
    }


def _links(row: Row) -> str:
    by_file: dict[str, list[str]] = {}
    for test in row.tests:
        file, _, name = test.partition("::")
        by_file.setdefault(file, []).append(name.removeprefix("test_").replace("_", " "))
    found = []
    for file, names in by_file.items():
        link = f"[{file.removeprefix('tests/')}](../{file})"
        found.append(link if names == [""] else f"{link}: {', '.join(names)}")
    return "<br>".join(found)


def _of_bench(row: Row) -> str:
    """The row of docs/benchmarks.md."""
    if not row.bench:
        return ""
    text = (PROJECT / "docs" / "benchmarks.md").read_text("utf-8")
    line = next(line for line in text.splitlines() if line.startswith(f"| ({row.bench})"))
    what, figure, beside = (cell.strip() for cell in line.strip("|").split("|")[:3])
    return f"{what}: {figure}" + (f" ({beside})" if beside else "")


def _of_faults(row: Row, text: str) -> str:
    """The sums of the table of fault runs."""
    if not row.faults:
        return ""
    runs = re.findall(r"^\| ([\d,]+) \| [\d,]+ \| [\d,]+ \| ([\d,]+) \| [\d,| ]+\| ([\d,]+) \|$", text, re.MULTILINE)
    faults, instances, violations = (sum(int(run[place].replace(",", "")) for run in runs) for place in range(3))
    return f"[fault suite](#the-fault-suite): {faults:,} faults, {instances:,} instances, {violations} violations"


if __name__ == "__main__":
    sys.exit(main())
