"""The files of deploy/ by parsing: they agree with each other, with the code and with Dagster's own configuration."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dagster as dg
import pytest
import yaml

from qbo_pipeline.webhooks.app import HEALTH_PATH

ROOT = Path(__file__).parent.parent.parent
DEPLOY = ROOT / "deploy"


def parsed(path: Path) -> dict[str, Any]:
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(found, dict), path
    return found


def test_one_machine_and_a_deployment_differ_by_storage_and_number_of_runs_alone() -> None:
    here, there = parsed(ROOT / "dagster.yaml"), parsed(DEPLOY / "dagster.yaml")
    assert there.pop("storage")["postgres"]["postgres_db"]["scheme"] == "postgresql+psycopg2"
    assert here.pop("event_log_storage")["class"] == "EventLog"
    assert here["concurrency"].pop("runs") != there["concurrency"].pop("runs")
    assert here == there


def test_dagster_takes_the_settings_and_frees_the_place_of_a_dead_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    (tmp_path / "dagster.yaml").write_bytes((ROOT / "dagster.yaml").read_bytes())
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert instance.run_monitoring_settings["free_slots_after_run_end_seconds"] == 30
        assert instance.run_retries_enabled
        assert not instance.telemetry_enabled
        assert not instance.nux_enabled


def test_compose_runs_what_the_workspace_names() -> None:
    services = parsed(DEPLOY / "compose.yaml")["services"]
    (server,) = (item["grpc_server"] for item in parsed(DEPLOY / "workspace.yaml")["load_from"])
    own = {server["host"], f"{server['host']}_upgrade"}
    assert set(services) == {"postgresql", "webserver", "daemon", "webhooks", "page", *own}
    location = services[server["host"]]
    assert location["command"].endswith(f"-p {server['port']} -m qbo_pipeline.definitions -a {server['location_name']}")
    asked = {
        item["env"]
        for item in parsed(DEPLOY / "dagster.yaml")["storage"]["postgres"]["postgres_db"].values()
        if isinstance(item, dict)
    }
    for name in (server["host"], "webserver", "daemon"):
        assert asked <= set(services[name]["environment"]), name
        assert any(item.endswith("/workspace.yaml:ro") for item in services[name]["volumes"]), name
    assert services["webserver"]["ports"] == ["127.0.0.1:3000:3000"]
    for path in (location["build"]["dockerfile"], "deploy/databases.sql", "deploy/dagster.yaml"):
        assert (ROOT / path).is_file(), path


def test_compose_gives_each_service_its_own_login_to_the_store() -> None:
    services = parsed(DEPLOY / "compose.yaml")["services"]
    logins = {
        name: sorted(
            urlsplit(value).username or ""
            for value in service.get("environment", {}).values()
            if str(value).startswith("postgresql://")
        )
        for name, service in services.items()
    }
    assert logins == {
        "postgresql": [],
        "acme_upgrade": ["acme_owner"],
        "acme": ["acme_poster", "acme_tokens"],
        "webhooks": ["acme_poster"],
        "page": ["acme_poster", "acme_tokens"],
        "webserver": [],
        "daemon": [],
    }
    script = (DEPLOY / "databases.sql").read_text(encoding="utf-8")
    assert all(f"CREATE ROLE {login} LOGIN" in script for own in logins.values() for login in own)
    # The passwords that the script reads are those that its container is given.
    asked = {line.split()[2] for line in script.splitlines() if line.startswith("\\getenv")}
    assert asked == set(services["postgresql"]["environment"]) - {"POSTGRES_PASSWORD"}
    assert services["acme_upgrade"]["command"].startswith("qbo-pipeline upgrade --roles ")
    assert services["acme"]["depends_on"] == {"acme_upgrade": {"condition": "service_completed_successfully"}}


def test_postgresqls_host_and_port_can_be_set_everywhere() -> None:
    """Each URL and Dagster's own storage take them from the environment, and have the compose file's own without it."""
    services = parsed(DEPLOY / "compose.yaml")["services"]
    urls = [
        value
        for service in services.values()
        for value in service.get("environment", {}).values()
        if str(value).startswith("postgresql://")
    ]
    assert len(urls) == 6
    assert all("@${POSTGRES_HOST:-postgresql}:${POSTGRES_PORT:-5432}/acme" in url for url in urls)
    storage = parsed(DEPLOY / "dagster.yaml")["storage"]["postgres"]["postgres_db"]
    assert storage["port"] == {"env": "DAGSTER_POSTGRES_PORT"}
    for name in ("acme", "webserver", "daemon"):
        assert services[name]["environment"]["DAGSTER_POSTGRES_PORT"] == "${POSTGRES_PORT:-5432}"


def test_every_variable_that_the_readme_asks_for_is_used_and_every_one_that_is_used_is_asked_for() -> None:
    readme, compose = ((DEPLOY / name).read_text(encoding="utf-8") for name in ("README.md", "compose.yaml"))
    used = set(re.findall(r"\$\{(\w+)", compose))
    assert used == set(re.findall(r"^   (\w+)=", readme, re.MULTILINE)) | {"POSTGRES_HOST", "POSTGRES_PORT"}
    assert "`POSTGRES_HOST=...` and `POSTGRES_PORT=...`" in readme


def test_the_receiver_of_webhooks_is_a_service_with_its_secret() -> None:
    receiver = parsed(DEPLOY / "compose.yaml")["services"]["webhooks"]
    assert receiver["profiles"] == ["webhooks"]
    assert receiver["ports"] == ["127.0.0.1:8915:8915"]
    deployment, service = yaml.safe_load_all((DEPLOY / "helm" / "webhooks.yaml").read_text(encoding="utf-8"))
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    job = parsed(DEPLOY / "helm" / "upgrade.yaml")["spec"]["template"]["spec"]
    assert " ".join(container["command"]) == receiver["command"]
    assert container["image"] == job["containers"][0]["image"]
    assert deployment["spec"]["template"]["spec"]["volumes"] == job["volumes"]
    assert service["spec"]["selector"] == deployment["spec"]["template"]["metadata"]["labels"]
    assert container["readinessProbe"]["httpGet"]["path"] == HEALTH_PATH


def test_the_page_is_a_service_that_a_proxy_stands_before() -> None:
    page = parsed(DEPLOY / "compose.yaml")["services"]["page"]
    assert page["profiles"] == ["page"]
    assert page["ports"] == ["127.0.0.1:8916:8916"]
    code_location = parsed(DEPLOY / "compose.yaml")["services"]["acme"]["environment"]
    assert all(code_location[name] == value for name, value in page["environment"].items())
    deployment, service = yaml.safe_load_all((DEPLOY / "helm" / "page.yaml").read_text(encoding="utf-8"))
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    job = parsed(DEPLOY / "helm" / "upgrade.yaml")["spec"]["template"]["spec"]
    assert " ".join(container["command"][:-1]) == page["command"].rpartition(" ")[0]
    assert container["image"] == job["containers"][0]["image"]
    assert deployment["spec"]["template"]["spec"]["volumes"] == job["volumes"]
    assert service["spec"]["selector"] == deployment["spec"]["template"]["metadata"]["labels"]
    assert container["readinessProbe"]["httpGet"]["path"] == "/health"


def test_the_upgrades_job_is_of_the_same_image_and_volume_as_the_code_location() -> None:
    (deployment,) = parsed(DEPLOY / "helm" / "values.yaml")["dagster-user-deployments"]["deployments"]
    job = parsed(DEPLOY / "helm" / "upgrade.yaml")["spec"]["template"]["spec"]
    (container,) = job["containers"]
    assert container["image"] == f"{deployment['image']['repository']}:{deployment['image']['tag']}"
    (volume,) = job["volumes"]
    assert volume["persistentVolumeClaim"] == deployment["volumes"][0]["persistentVolumeClaim"]
    assert container["command"][:3] == ["qbo-pipeline", "upgrade", "--roles"]


def test_the_image_holds_what_the_code_needs() -> None:
    copied = {
        name
        for line in (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines()
        if line.startswith("COPY ")
        for name in line.split()[1:-1]
    }
    assert {"requirements.lock", "pyproject.toml", "qbo_pipeline", "sql", "deploy/dagster.yaml"} <= copied
    assert all((ROOT / name).exists() for name in copied)


def test_helm_values_name_the_same_location_and_limits() -> None:
    values = parsed(DEPLOY / "helm" / "values.yaml")
    (deployment,) = values["dagster-user-deployments"]["deployments"]
    assert deployment["codeServerArgs"] == ["-m", "qbo_pipeline.definitions", "-a", deployment["name"]]
    settings = parsed(DEPLOY / "dagster.yaml")
    monitoring = values["dagsterDaemon"]["runMonitoring"]
    assert monitoring["freeSlotsAfterRunEndSeconds"] == settings["run_monitoring"]["free_slots_after_run_end_seconds"]
    assert values["concurrency"]["pools"]["defaultLimit"] == settings["concurrency"]["pools"]["default_limit"]
    coordinator = values["dagsterDaemon"]["runCoordinator"]["config"]["queuedRunCoordinator"]
    assert coordinator["maxConcurrentRuns"] == settings["concurrency"]["runs"]["max_concurrent_runs"]
    assert values["telemetry"]["enabled"] is False


@pytest.mark.parametrize(
    "name",
    [
        "dagster.yaml",
        "compose.yaml",
        "workspace.yaml",
        "helm/values.yaml",
        "helm/upgrade.yaml",
        "helm/webhooks.yaml",
        "helm/page.yaml",
        "databases.sql",
        "Dockerfile",
    ],
)
def test_the_readme_tells_of_every_file(name: str) -> None:
    assert f"`{name}`" in (DEPLOY / "README.md").read_text(encoding="utf-8")
