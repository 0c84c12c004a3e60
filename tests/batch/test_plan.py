from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from labelkit.batch.plan import Item, Plan, PlanOptions
from labelkit.errors import InputError, NotFound, Unreadable


def plan(sources: Any, **options: Any) -> list[Item]:
    made = Plan(sources, PlanOptions(**options))
    try:
        items = list(made)
        assert len(made) == len(items)
        assert list(made) == items or any(i.problem for i in items)  # it can be gone through again
    finally:
        made.close()
    return items


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    return folder


def relatives(items: list[Item]) -> list[str]:
    return [item.relative for item in items]


def test_a_folder_is_walked_in_the_order_of_its_names(tmp_path: Path) -> None:
    fill(tmp_path, "b.png", "a/z.png", "a/b/c.png", "a.png", "B.png", "a-b.png", "图片/一.png", "10.png", "9.png")
    items = plan(tmp_path)
    assert relatives(items) == [
        "10.png", "9.png", "B.png", "a/b/c.png", "a/z.png", "a-b.png", "a.png", "b.png", "图片/一.png",
    ]  # fmt: skip
    assert all(item.source == os.path.join(tmp_path, item.relative) and not item.named for item in items)


def test_sources_keep_the_order_they_are_named_in(tmp_path: Path) -> None:
    fill(tmp_path, "z.png", "a.png", "folder/m.png")
    sources = [tmp_path / "z.png", str(tmp_path / "folder"), tmp_path / "a.png"]
    items = plan(sources)
    assert relatives(items) == ["z.png", "m.png", "a.png"]
    assert [item.named for item in items] == [True, False, True]
    assert relatives(plan(iter(sources))) == relatives(items)


def test_paths_stay_as_the_caller_wrote_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, "in/a.png")
    monkeypatch.chdir(tmp_path)
    assert [item.source for item in plan("in")] == ["in/a.png"]
    assert [item.source for item in plan(["./in/../in"])] == ["./in/../in/a.png"]
    assert [item.source for item in plan(".")] == ["./in/a.png"]


def test_hidden_names_are_left_alone_unless_named(tmp_path: Path) -> None:
    fill(tmp_path, "a.png", ".hidden.png", ".git/b.png", ".0011aabb-00.part", ".labelkit-journal.jsonl")
    assert relatives(plan(tmp_path)) == ["a.png"]
    assert relatives(plan([tmp_path / ".hidden.png", tmp_path / ".git"])) == [".hidden.png", "b.png"]


def test_sub_folders_only_when_wanted(tmp_path: Path) -> None:
    fill(tmp_path, "a.png", "sub/b.png")
    assert relatives(plan(tmp_path, recursive=False)) == ["a.png"]


def test_links_in_folders_are_listed_and_not_followed(tmp_path: Path) -> None:
    folder = fill(tmp_path / "in", "a.png", "sub/b.png")
    outside = fill(tmp_path / "outside", "secret.png")
    (folder / "up").symlink_to("..")
    (folder / "sub/back").symlink_to(folder)
    (folder / "file-link.png").symlink_to("a.png")
    (folder / "out-link").symlink_to(outside)
    items = plan(folder)
    assert relatives(items) == ["a.png", "file-link.png", "out-link", "sub/b.png", "sub/back", "up"]
    reasons = {item.relative: item.reason for item in items if item.reason}
    assert set(reasons) == {"file-link.png", "out-link", "sub/back", "up"}
    assert str(outside) in reasons["out-link"]
    assert all("not followed" in reason for reason in reasons.values())


def test_a_named_link_is_followed(tmp_path: Path) -> None:
    fill(tmp_path / "in", "a.png")
    (tmp_path / "link").symlink_to("in")
    (tmp_path / "link.png").symlink_to("in/a.png")
    items = plan([tmp_path / "link", tmp_path / "link.png"])
    assert relatives(items) == ["a.png", "link.png"]
    assert items[0].reason == ""
    assert "same file" in items[1].reason


def test_links_that_lead_nowhere_are_problems(tmp_path: Path) -> None:
    (tmp_path / "loop.png").symlink_to("loop.png")
    (tmp_path / "broken.png").symlink_to("missing")
    broken, loop = plan(tmp_path)
    assert isinstance(broken.problem, NotFound)
    assert "leads nowhere" in broken.problem.remedy
    assert isinstance(loop.problem, Unreadable)
    assert "circle" in loop.problem.message
    assert loop.problem.file == str(tmp_path / "loop.png")


def test_pipes_are_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    assert [item.reason for item in plan(tmp_path)] == ["not a regular file"]


def test_a_folder_that_cannot_be_read_does_not_stop_the_others(tmp_path: Path) -> None:
    """A path longer than the kernel takes is unreadable for everybody, root included."""
    fill(tmp_path, "a.png", "z.png")
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("d" * 250, dir_fd=here)
        below = os.open("d" * 250, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    items = plan(tmp_path)
    assert relatives(items)[0] == "a.png"
    assert relatives(items)[-1] == "z.png"
    problem = items[1].problem
    assert isinstance(problem, Unreadable)
    assert "folder cannot be read" in problem.message
    assert len(items) == 3


def test_a_named_file_that_is_missing_is_an_item(tmp_path: Path) -> None:
    (item,) = plan(tmp_path / "missing.png")
    assert (item.named, item.problem, item.relative) == (True, None, "missing.png")


@pytest.mark.parametrize("path", ["a\0b.png", "a\ud800b.png"])
def test_impossible_names_are_items_too(path: str) -> None:
    (item,) = plan([path])
    assert item.source == path


def test_what_is_no_path_is_a_problem_of_its_own(tmp_path: Path) -> None:
    fill(tmp_path, "a.png")
    odd, fine = plan([5, tmp_path / "a.png"])
    assert isinstance(odd.problem, InputError)
    assert "int is not a path" in odd.problem.message
    assert fine.problem is None


@pytest.mark.parametrize("sources", [5, None, b"a.png"])
def test_wrong_sources(sources: Any) -> None:
    with pytest.raises(InputError, match="the sources are a"):
        Plan(sources)


def test_an_iterator_that_fails_says_so_itself() -> None:
    def broken() -> Iterator[str]:
        yield "a"
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Plan(broken())


def test_names_of_every_kind_survive(tmp_path: Path) -> None:
    names = ["line\nbreak.png", "tab\t.png", "not-utf8-\udcff\udcfe.png", "'quote\".png", "-rf", "a b.png", "字" * 80]
    fill(tmp_path, *names)
    assert {item.relative for item in plan(tmp_path, out=str(tmp_path / "o"), fold=True)} == set(names)


def test_the_output_folder_inside_the_source_is_not_walked(tmp_path: Path) -> None:
    fill(tmp_path, "a.png", "out/a.png", "sub/out/b.png")
    assert relatives(plan(tmp_path, out=str(tmp_path / "out"))) == ["a.png", "sub/out/b.png"]
    assert relatives(plan(tmp_path, out=str(tmp_path / "sub/out"))) == ["a.png", "out/a.png"]
    (tmp_path / "away").symlink_to("out")
    assert "out/a.png" not in relatives(plan(tmp_path, out=str(tmp_path / "away")))


def test_backups_of_an_in_place_run_are_left_out(tmp_path: Path) -> None:
    fill(tmp_path, "a.png", "a.png.orig", "lonely.png.orig")
    items = {item.relative: item.reason for item in plan(tmp_path, backup=".orig")}
    assert items == {"a.png": "", "a.png.orig": "an original kept by an earlier in-place run", "lonely.png.orig": ""}
    fill(tmp_path, "a.png.bak")
    for backup, left_out in (("", {"a.png.orig"}), (".bak", {"a.png.orig", "a.png.bak"})):
        assert {item.relative for item in plan(tmp_path, backup=backup) if item.reason} == left_out


def test_two_sources_for_one_output_name(tmp_path: Path) -> None:
    fill(tmp_path, "one/a.png", "one/b.png", "two/a.png", "two/c.png")
    items = plan([tmp_path / "one", tmp_path / "two"], out=str(tmp_path / "out"))
    assert {item.source: item.clash for item in items} == {
        str(tmp_path / "one/a.png"): str(tmp_path / "two/a.png"),
        str(tmp_path / "one/b.png"): "",
        str(tmp_path / "two/a.png"): str(tmp_path / "one/a.png"),
        str(tmp_path / "two/c.png"): "",
    }
    assert not any(item.clash for item in plan([tmp_path / "one", tmp_path / "two"]))


def test_names_that_differ_only_where_the_output_folder_does_not_tell_them_apart(tmp_path: Path) -> None:
    fill(tmp_path, "A.png", "a.png", "caf\u00e9.png", "cafe\u0301.png", "stra\u00dfe.png", "b.png")
    clashing = {item.relative for item in plan(tmp_path, out="out", fold=True) if item.clash}
    assert clashing == {"A.png", "a.png", "caf\u00e9.png", "cafe\u0301.png"}
    assert not any(item.clash for item in plan(tmp_path, out="out"))


def test_the_same_file_given_twice_is_done_once(tmp_path: Path) -> None:
    fill(tmp_path, "in/a.png", "in/b.png")
    again = tmp_path / "in" / ".." / "in" / "b.png"
    items = plan([again, tmp_path / "in", tmp_path / "in"], out=str(tmp_path / "out"))
    assert [(item.relative, bool(item.reason), item.clash) for item in items] == [
        ("b.png", False, ""), ("a.png", False, ""), ("b.png", True, ""), ("a.png", True, ""), ("b.png", True, ""),
    ]  # fmt: skip


def test_nothing_to_do(tmp_path: Path) -> None:
    assert plan([]) == []
    assert plan(tmp_path) == []
