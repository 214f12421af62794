"""The container's files keep their promises; `make image` builds and tries the image itself."""

from __future__ import annotations

import re
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from ruamel.yaml import YAML

from tests.commands import run

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
FINAL = DOCKERFILE.rpartition("FROM ")[2]


@pytest.fixture(scope="module")
def service() -> Any:
    return YAML(typ="safe").load(ROOT / "compose.yaml")["services"]["watcher"]


def needs(package: str) -> set[str]:
    """Names of everything that ``package`` requires on Python 3.11 and newer, itself included."""
    found = {package}
    for line in requires(package) or ():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            found |= needs(requirement.name)
    return found


def test_the_build_takes_the_backend_and_all_it_needs_from_the_lock() -> None:
    named = re.search(r"awk '/\^\(([a-z|-]+)\)==/", DOCKERFILE)
    assert named
    assert set(named[1].split("|")) == needs("hatchling")
    lock = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8")
    assert all(f"\n{name}==" in lock for name in named[1].split("|"))


def test_both_stages_start_from_the_base_that_an_argument_names() -> None:
    assert DOCKERFILE.count("\nFROM ${PYTHON_IMAGE}") == DOCKERFILE.count("\nFROM ") == 2


def test_every_install_is_checked_against_hashes_or_takes_nothing_from_outside() -> None:
    installs = [line for line in DOCKERFILE.splitlines() if "bin/pip" in line]
    assert len(installs) == 3
    assert all("--require-hashes" in line or ("--no-index" in line and "--no-deps" in line) for line in installs)


def test_the_image_runs_as_an_ordinary_user_with_the_environment_of_the_contract() -> None:
    assert "USER 10001:10001" in FINAL
    assert 'ENTRYPOINT ["watcher"]\nCMD ["run"]' in FINAL
    assert 'CMD ["watcher", "health"]' in FINAL
    for setting in (
        "WATCHER_CONFIG=/data/config/watcher.yaml",
        "WATCHER_DATABASE_URL=sqlite:////data/watcher.db",
        "WATCHER_LISTEN=0.0.0.0:8080",
    ):
        assert setting in FINAL


def test_only_what_the_build_copies_is_sent_to_it() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    copied = {
        name.removeprefix("./")
        for line in re.findall(r"^COPY (?!--)(.*) \S+$", DOCKERFILE, re.MULTILINE)
        for name in line.split()
    }
    assert {line.removeprefix("!") for line in lines if line.startswith("!")} == copied
    assert all((ROOT / name).exists() for name in copied)


def test_compose_gives_it_no_more_than_it_needs(service: Any) -> None:
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["stop_grace_period"] == "20s"
    assert service["ports"] == ["127.0.0.1:8080:8080"]
    assert {"mem_limit", "pids_limit", "restart"} <= set(service)
    assert [mount.split(":")[0] for mount in service["tmpfs"]] == ["/tmp"]


def test_compose_mounts_folders_read_only_beside_one_volume(service: Any) -> None:
    assert service["volumes"] == ["data:/data", "./config:/data/config:ro", "./seeds:/data/seeds:ro"]


def test_secrets_come_as_files_and_never_stand_in_the_container_files(service: Any) -> None:
    assert all(
        name.endswith("_FILE") and value.startswith("/run/secrets/") for name, value in service["environment"].items()
    )
    text = DOCKERFILE + (ROOT / "compose.yaml").read_text(encoding="utf-8")
    assert not re.search(r"xox[abp]-\w{3,}", text)
    assert "/secrets/" in (ROOT / ".gitignore").read_text(encoding="utf-8")


# several machines


SCALED = YAML(typ="safe").load(ROOT / "compose.scale.yaml")["services"]


def test_scaled_there_are_a_database_one_that_asks_and_three_that_work() -> None:
    assert set(SCALED) == {"postgres", "tick", "worker"}
    assert SCALED["worker"]["deploy"] == {"replicas": 3}
    assert [SCALED[name]["command"] for name in ("tick", "worker")] == [["worker", "--queue", "tick"], ["worker"]]
    for name in ("tick", "worker"):
        ended = run(*SCALED[name]["command"], "--help")
        assert ended.code == 0, ended.err


def test_each_of_them_gets_no_more_than_the_one_process(service: Any) -> None:
    for name in ("tick", "worker"):
        for key in ("read_only", "tmpfs", "cap_drop", "security_opt", "mem_limit", "pids_limit", "stop_grace_period"):
            assert SCALED[name][key] == service[key], key
        assert SCALED[name]["volumes"] == service["volumes"][1:], "they keep nothing of their own"
        assert SCALED[name]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert all(port.startswith("127.0.0.1:") for port in SCALED["tick"]["ports"])
    assert "ports" not in SCALED["worker"]
    assert "ports" not in SCALED["postgres"]
