"""What lies in config/ for those who run it names what there is: metrics, labels, runbooks, users, ports and paths."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.promql import Asked, Reader
from tests.test_docs import METRICS, OPERATIONS, anchors
from watcher import config
from watcher.config.secrets import Secrets
from watcher.errors import ConfigError
from watcher.metrics import Metrics
from watcher.notifiers.slack_errors import MEANINGS
from watcher.readiness import STALLS

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").rpartition("FROM ")[2]
DASHBOARD = json.loads((ROOT / "config" / "grafana-dashboard.json").read_text(encoding="utf-8"))
GROUPS = YAML(typ="safe").load(ROOT / "config" / "prometheus-alerts.yaml")["groups"]
RULES = [rule for group in GROUPS for rule in group["rules"]]
ADDED = {"job", "instance"}
"""Labels that Prometheus adds when it asks."""
STANDARD = {"up": set[str](), "process_start_time_seconds": set[str]()}
"""What Prometheus and its Python client give every program."""
VALUES: dict[str, set[str]] = {
    "work": set(STALLS), "state": {"ok", "failing", "gone"}, "error": set(MEANINGS), "outcome": {"ok", "refused"},
    "event": {"missed", "overlapping", "failed"},
}  # fmt: skip
"""Label → the values that rules may ask for."""


def known_series() -> dict[str, set[str]]:
    """Every series that /metrics tells, those of histograms one by one, with its labels."""
    found: dict[str, set[str]] = dict(STANDARD)
    for family in Metrics().registry.collect():
        labels = set(METRICS.get(family.name, METRICS.get(f"{family.name}_total", ())))
        if family.type == "histogram":
            found |= {f"{family.name}_{part}": labels for part in ("sum", "count")}
            found[f"{family.name}_bucket"] = labels | {"le"}
        else:
            found[family.name + ("_total" if family.type == "counter" else "")] = labels
    return found


SERIES = known_series()


def read(expression: str) -> Reader:
    reader = Reader(expression)
    kind = reader.read()
    assert kind == "instant", f"{expression} is a {kind}"
    return reader


def check(expression: str) -> list[Asked]:
    """Fail unless it is PromQL over series that there are, by labels that they have."""
    reader = read(expression)
    labels = {label for one in reader.asked for label in SERIES[one.metric]} | ADDED
    assert reader.grouped <= labels, expression
    for one in reader.asked:
        assert {label for label, _, _ in one.labels} <= SERIES[one.metric] | ADDED, expression
    return reader.asked


# -- the reader itself


@pytest.mark.parametrize(
    "wrong",
    ["rate(watcher_feeds)", "sum by (state) watcher_feeds", "watcher_feeds[5m]", "watcher_feeds{state=ok}",
     "histogram_quantile(watcher_feeds)", "watcher_feeds and 1", "(watcher_feeds", "watcher_feeds)", "watcher_feeds >",
     "nosuch(watcher_feeds)", "1 + 1", 'watcher_feeds{state="ok"', "watcher_feeds 5", "rate(watcher_feeds[5m)", "5mm",
     "watcher_feeds[5]"],
)  # fmt: skip
def test_what_is_no_promql_is_refused(wrong: str) -> None:
    with pytest.raises((ValueError, AssertionError)):
        read(wrong)


def test_an_expression_tells_what_it_asks_for() -> None:
    reader = read('sum by (le) (rate(a_bucket{x="1", y!~"2|3"}[5m])) / b > 0.5 and on_a_day == 1 or absent(c)')
    assert [one.metric for one in reader.asked] == ["a_bucket", "b", "on_a_day", "c"]
    assert reader.asked[0].labels == (("x", "=", "1"), ("y", "!~", "2|3"))
    assert reader.grouped == {"le"}


# -- alert rules


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_asks_for_what_there_is_and_leads_to_its_runbook(rule: dict[str, Any]) -> None:
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"Watcher[A-Z]\w+", rule["alert"])
    assert re.fullmatch(r"\d+[mhd]", rule.get("for", "1m"))
    assert rule["labels"]["severity"] in {"critical", "warning"}
    for asked in check(rule["expr"]):
        for label, comparison, text in asked.labels:
            values = text.split("|") if "~" in comparison else [text]
            assert label in ADDED or set(values) <= VALUES[label], rule["expr"]
    notes = rule["annotations"]
    assert set(notes) == {"summary", "description", "runbook"}
    page, _, anchor = notes["runbook"].partition("#")
    assert page == "docs/operations.md"
    assert anchor == rule["alert"].lower()
    assert anchor in anchors(OPERATIONS)
    assert notes["description"].count("{{") == notes["description"].count("}}")


def test_every_alert_of_the_runbook_has_its_rule_and_each_is_named_once() -> None:
    section = OPERATIONS.partition("## Alerts of the monitoring\n")[2].partition("\n## ")[0]
    assert re.findall(r"^### (\w+)$", section, re.MULTILINE) == [rule["alert"] for rule in RULES]


def test_everything_that_stalls_has_its_alert() -> None:
    asked = {text for rule in RULES for one in check(rule["expr"]) for label, _, text in one.labels if label == "work"}
    assert asked == set(STALLS)


def test_what_rules_count_from_nothing_is_there_from_the_start() -> None:
    """The first increase of a series that was not there before is none."""
    there = {
        (one.name, tuple(one.labels.values())) for family in Metrics().registry.collect() for one in family.samples
    }
    assert {("watcher_reloads_total", ("refused",)), ("watcher_scheduler_events_total", ("failed",))} <= there


# -- the dashboard


def panels() -> Iterator[dict[str, Any]]:
    yield from DASHBOARD["panels"]


def test_a_panel_asks_for_what_there_is() -> None:
    named = {label: "x" for labels in SERIES.values() for label in labels | ADDED}
    for panel in panels():
        assert panel["title"]
        assert panel["description"], panel["title"]
        assert panel["targets"], panel["title"]
        for target in panel["targets"]:
            asked = check(target["expr"].replace("$job", "watcher"))
            assert all(("job", "=", "watcher") in one.labels for one in asked), target["expr"]
            assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= set(named)
            assert target["datasource"] == panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        refs = [target["refId"] for target in panel["targets"]]
        assert len(set(refs)) == len(refs)


def test_every_metric_is_in_a_panel() -> None:
    shown = {one.metric for panel in panels() for target in panel["targets"] for one in read(target["expr"]).asked}
    bare = {re.sub(r"_(bucket|sum|count)$", "", one) for one in shown}
    assert set(METRICS) - bare == {"watcher_steps_total"}, "which are for developers"


def test_panels_lie_side_by_side_on_24_columns() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
    assert len({panel["id"] for panel in panels()}) == len(DASHBOARD["panels"])


def test_the_dashboard_can_be_imported_anywhere() -> None:
    assert {one["name"] for one in DASHBOARD["templating"]["list"]} == {"datasource", "job"}
    assert "id" not in DASHBOARD
    assert DASHBOARD["uid"] == DASHBOARD["title"] == "watcher"
    for note in DASHBOARD["annotations"]["list"]:
        check(note["expr"].replace("$job", "watcher"))


# -- Kubernetes


def documents(name: str) -> dict[str, Any]:
    return {one["kind"]: one for one in YAML(typ="safe").load_all(ROOT / "config" / name)}


MANIFEST = documents("kubernetes.yaml")
POD = MANIFEST["Deployment"]["spec"]["template"]["spec"]
CONTAINER = POD["containers"][0]
RESTORE = documents("kubernetes-restore.yaml")["Job"]["spec"]["template"]["spec"]
IMAGE = dict(re.findall(r"(WATCHER_\w+)=(\S+)", DOCKERFILE))


def test_one_pod_is_replaced_and_never_doubled() -> None:
    spec = MANIFEST["Deployment"]["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
    assert POD["terminationGracePeriodSeconds"] == 20
    assert MANIFEST["PersistentVolumeClaim"]["spec"]["accessModes"] == ["ReadWriteOnce"]
    labels = spec["template"]["metadata"]["labels"]
    assert spec["selector"]["matchLabels"] == labels == MANIFEST["Service"]["spec"]["selector"]


@pytest.mark.parametrize("pod", [POD, RESTORE], ids=["service", "restore"])
def test_a_pod_may_no_more_than_it_needs_and_is_the_images_user(pod: dict[str, Any]) -> None:
    user, group = re.search(r"USER (\d+):(\d+)", DOCKERFILE).groups()  # type: ignore[union-attr]  # it is there
    security = pod["securityContext"]
    assert security["runAsNonRoot"] is True
    assert (security["runAsUser"], security["runAsGroup"], security["fsGroup"]) == (int(user), int(group), int(group))
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    (container,) = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip
    assert (pod["automountServiceAccountToken"], pod["enableServiceLinks"]) == (False, False)
    assert container["resources"]["limits"]["memory"] == "768Mi", "as compose.yaml"
    named = {one["name"] for one in pod["volumes"]}
    assert {one["name"] for one in container["volumeMounts"]} == named


def test_volumes_are_mounted_where_the_image_looks() -> None:
    mounts = {one["mountPath"]: one for one in CONTAINER["volumeMounts"]}
    volumes = {one["name"]: one for one in POD["volumes"]}
    data = re.search(r"^VOLUME (\S+)$", DOCKERFILE, re.MULTILINE)
    assert data
    assert volumes[mounts[data[1]]["name"]]["persistentVolumeClaim"] == {"claimName": "watcher"}
    assert IMAGE["WATCHER_DATABASE_URL"].startswith(f"sqlite:///{data[1]}/")
    folder, file = IMAGE["WATCHER_CONFIG"].rsplit("/", 1)
    assert file in MANIFEST["ConfigMap"]["data"]
    assert volumes[mounts[folder]["name"]]["configMap"]["name"] == MANIFEST["ConfigMap"]["metadata"]["name"]
    assert all(mounts[path].get("readOnly") for path in mounts if path not in {data[1], "/tmp"})
    temporary = volumes[mounts["/tmp"]["name"]]["emptyDir"]
    assert temporary == {"medium": "Memory", "sizeLimit": "64Mi"}
    assert "HOME=/tmp" in DOCKERFILE


def test_the_restoring_job_works_on_the_same_volume_with_the_same_image() -> None:
    (container,) = RESTORE["containers"]
    assert container["image"] == CONTAINER["image"]
    assert container["args"] == ["restore", "--force", "/data/backup.db"]
    assert container["env"] == CONTAINER["env"]
    assert [one for one in POD["volumes"] if one in RESTORE["volumes"]] == RESTORE["volumes"]
    assert [one for one in CONTAINER["volumeMounts"] if one in container["volumeMounts"]] == container["volumeMounts"]
    assert RESTORE["restartPolicy"] == "Never"


def test_probes_ask_where_it_listens_and_readiness_restarts_nothing() -> None:
    (port,) = CONTAINER["ports"]
    assert IMAGE["WATCHER_LISTEN"] == f"0.0.0.0:{port['containerPort']}"
    assert f"EXPOSE {port['containerPort']}" in DOCKERFILE
    (service,) = MANIFEST["Service"]["spec"]["ports"]
    assert (service["port"], service["targetPort"]) == (port["containerPort"], port["name"])
    paths = {name: CONTAINER[name]["httpGet"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert {one["port"] for one in paths.values()} == {port["name"]}
    assert [one["path"] for one in paths.values()] == ["/healthz", "/healthz", "/readyz"]
    assert MANIFEST["Service"]["spec"]["publishNotReadyAddresses"] is True, "metrics are wanted most then"


def test_secrets_come_as_files_of_the_secret_that_the_head_makes() -> None:
    head = (ROOT / "config" / "kubernetes.yaml").read_text(encoding="utf-8").partition("apiVersion")[0]
    mount = next(one["mountPath"] for one in CONTAINER["volumeMounts"] if one["name"] == "secrets")
    made = set(re.findall(r"--from-file=(\w+_token)", head))
    fields = {name.upper() for name in Secrets.__dataclass_fields__}
    for one in CONTAINER["env"]:
        assert one["name"].endswith("_FILE")
        folder, key = one["value"].rsplit("/", 1)
        assert (folder, key in made) == (mount, True)
        assert key.removeprefix("slack_").upper() in fields
    assert next(one["secret"] for one in POD["volumes"] if "secret" in one)["defaultMode"] == 0o440
    assert "Secret" not in MANIFEST
    assert "kind: Secret" not in head


def test_its_configuration_is_one_but_for_the_channel(tmp_path: Path) -> None:
    """The placeholder is refused by name, so that nobody posts by accident."""
    text = MANIFEST["ConfigMap"]["data"]["watcher.yaml"]
    path = tmp_path / "config" / "watcher.yaml"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    environ = {"SLACK_BOT_TOKEN": "xoxb-1234567890-1234567890-AbCdEfGhIjKlMnOpQrStUvWx"}
    with pytest.raises(ConfigError, match="#your-channel"):
        config.load(path, environ)
    path.write_text(text.replace("#your-channel", "#korea-desk"), encoding="utf-8")
    loaded = config.load(path, environ)
    (topic,) = loaded.topics.values()
    mounted = {one["mountPath"] for one in CONTAINER["volumeMounts"]}
    assert f"/data/seeds/{topic.seeds.name}" in mounted
    assert (ROOT / "seeds" / topic.seeds.name).is_dir()
