"""Read pytest's JUnit files, list what was skipped, and fail on a skip that nobody allowed.

usage: python tests/check_skips.py REPORT.xml… [--allowed tests/allowed_skips.txt]

Exit 0: all tests passed and every skip is named by a line of the list. Exit 1: a failure, a skip that the list does not
name, or a report without any test. The last line for each report reads like pytest's own.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

ALLOWED = Path(__file__).with_name("allowed_skips.txt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one run of pytest came to. ``skipped`` are lines "test: reason"; ``seconds`` is the run's own time."""

    name: str
    passed: int
    failed: int
    xfailed: int
    skipped: tuple[str, ...]
    seconds: float

    def __str__(self) -> str:
        counts = {"failed": self.failed, "passed": self.passed, "skipped": len(self.skipped), "xfailed": self.xfailed}
        told = ", ".join(f"{count} {word}" for word, count in counts.items() if count) or "no tests ran"
        return f"===== {self.name}: {told} in {self.seconds:.2f}s ====="


def read(path: Path) -> Report:
    """The report that ``pytest --junitxml`` wrote to ``path``."""
    root = ET.parse(path).getroot()
    cases = list(root.iter("testcase"))
    skips = [(case, skip) for case in cases if (skip := case.find("skipped")) is not None]
    skipped = [f"{_test(case)}: {_reason(skip)}" for case, skip in skips if skip.get("type") != "pytest.xfail"]
    failed = sum(case.find("failure") is not None or case.find("error") is not None for case in cases)
    return Report(
        name=path.stem,
        passed=len(cases) - len(skips) - failed,
        failed=failed,
        xfailed=len(skips) - len(skipped),
        skipped=tuple(skipped),
        seconds=sum(float(suite.get("time", "0")) for suite in root.iter("testsuite")),
    )


def _test(case: ET.Element) -> str:
    return "::".join(part for part in (case.get("classname"), case.get("name")) if part)


def _reason(skip: ET.Element) -> str:
    return " ".join((skip.get("message") or "no reason given").split())


def patterns(text: str) -> tuple[re.Pattern[str], ...]:
    """The lines of an allow-list; blank ones and comments left out."""
    lines = (line.strip() for line in text.splitlines())
    return tuple(re.compile(line) for line in lines if line and not line.startswith("#"))


def problems(reports: Sequence[Report], allowed: Sequence[re.Pattern[str]]) -> list[str]:
    """Why these reports must not pass, one sentence each."""
    found = []
    for report in reports:
        if report.failed:
            found.append(f"{report.name}: {report.failed} tests failed")
        if not report.passed:
            found.append(f"{report.name}: not one test passed")
        found += [
            f"{report.name}: skipped without leave: {line}"
            for line in report.skipped
            if not any(pattern.search(line) for pattern in allowed)
        ]
    return found


def main(arguments: Sequence[str]) -> int:
    """Print the skips, the problems and a summary for each report; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reports", nargs="+", type=Path)
    parser.add_argument("--allowed", type=Path, default=ALLOWED)
    given = parser.parse_args(arguments)
    reports = [read(path) for path in given.reports]
    allowed = patterns(given.allowed.read_text(encoding="utf-8"))
    for report in reports:
        for line in report.skipped:
            print(f"SKIPPED {report.name}: {line}")
    wrong = problems(reports, allowed)
    for line in wrong:
        print(line, file=sys.stderr)
    if wrong:
        print(f"a test that may be skipped is named in {given.allowed}", file=sys.stderr)
    for report in reports:
        print(report)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
