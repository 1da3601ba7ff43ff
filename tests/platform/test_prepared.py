"""By what a start knows that its database needs no preparation."""

from pathlib import Path

from webapp.launcher import prepared


def digest(processes: Path, *, demo: bool = True) -> str:
    return prepared.digest({"STEPWELL_PROCESSES": str(processes)}, demo=demo)


def test_the_same_files_need_no_second_preparation(tmp_path: Path) -> None:
    (tmp_path / "hello").mkdir()
    (tmp_path / "hello" / "hello.bpmn").write_text("<a/>", "utf-8")

    assert digest(tmp_path) == digest(tmp_path)


def test_a_changed_added_or_removed_process_file_needs_one(tmp_path: Path) -> None:
    diagram = tmp_path / "hello" / "hello.bpmn"
    diagram.parent.mkdir()
    seen = {digest(tmp_path)}
    for text in ("<a/>", "<b/>"):
        diagram.write_text(text, "utf-8")
        seen.add(digest(tmp_path))
    diagram.rename(diagram.with_name("other.bpmn"))
    seen.add(digest(tmp_path))

    assert len(seen) == 4


def test_what_python_caches_beside_the_handlers_changes_nothing(tmp_path: Path) -> None:
    before = digest(tmp_path)
    (tmp_path / "hello" / "__pycache__").mkdir(parents=True)
    (tmp_path / "hello" / "__pycache__" / "handlers.pyc").write_bytes(b"x")

    assert digest(tmp_path) == before


def test_asking_for_demo_users_where_there_were_none_needs_one(tmp_path: Path) -> None:
    assert digest(tmp_path, demo=True) != digest(tmp_path, demo=False)
