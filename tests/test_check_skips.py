from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.check_skips import ALLOWED, main, patterns, problems, read

SOME = """
import pytest
def test_fine(): pass
@pytest.mark.xfail(strict=True)
def test_known(): assert False
"""
SKIPPING = '@pytest.mark.skip(reason="no network here")\ndef test_away(): pass\n'
FAILING = "def test_wrong(): assert False\n"


def report(folder: Path, source: str) -> Path:
    """What pytest really writes for ``source``: the format is not ours to imagine."""
    (folder / "test_sample.py").write_text(source, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "-c", "/dev/null"]
    target = folder / "unit.xml"
    subprocess.run(
        [*command, f"--rootdir={folder}", f"--junitxml={target}", str(folder)], check=False, capture_output=True
    )
    return target


def test_passes_skips_and_expected_failures_are_counted_apart(tmp_path: Path) -> None:
    found = read(report(tmp_path, SOME + SKIPPING))
    assert (found.passed, found.failed, found.xfailed) == (1, 0, 1)
    assert found.skipped == ("test_sample::test_away: no network here",)
    assert str(found).startswith("===== unit: 1 passed, 1 skipped, 1 xfailed in ")


def test_a_skip_that_the_list_names_passes_and_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    allowed = tmp_path / "allowed.txt"
    allowed.write_text("# machines without a network\ntest_away: no network\n", encoding="utf-8")
    assert main([str(report(tmp_path, SOME + SKIPPING)), "--allowed", str(allowed)]) == 0
    assert "SKIPPED unit: test_sample::test_away: no network here" in capsys.readouterr().out


def test_a_skip_that_the_list_does_not_name_fails_with_its_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(report(tmp_path, SOME + SKIPPING))]) == 1
    assert "skipped without leave: test_sample::test_away: no network here" in capsys.readouterr().err


def test_failed_tests_and_an_empty_run_fail_too(tmp_path: Path) -> None:
    assert problems([read(report(tmp_path, SOME + FAILING))], ()) == ["unit: 1 tests failed"]
    assert problems([read(report(tmp_path, ""))], ()) == ["unit: not one test passed"]


def test_a_module_that_cannot_be_imported_is_a_failure(tmp_path: Path) -> None:
    assert read(report(tmp_path, "import surely_not_there")).failed == 1


def test_the_list_of_this_repository_can_be_read() -> None:
    patterns(ALLOWED.read_text(encoding="utf-8"))
