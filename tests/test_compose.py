"""docker-compose.yml and the Dockerfile name commands, settings and ports that the code has."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands
from django.urls import resolve

from edge.cli import COMMANDS
from monitor.environment import REGISTRY
from monitor.views.health import healthz

ROOT = Path(__file__).resolve().parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "farside"}
EDGE = {"prober", "agent"}
# What the official images document.
FOREIGN = {"postgres": {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"}, "valkey": {"REDISCLI_AUTH"}}


def edge_settings() -> set[str]:
    """The names that the far end reads, as its documentation lists them."""
    return set(re.findall(r"`(FARSIDE_[A-Z_]+)`", (ROOT / "docs" / "edge.md").read_text(encoding="utf-8")))


def test_the_services_are_those_of_the_design() -> None:
    assert set(SERVICES) == {"postgres", "valkey", "prepare", "web", "worker", "beat", "prober", "agent"}


@pytest.mark.parametrize("name", OURS)
def test_its_command_exists(name: str) -> None:
    command = OURS[name]["command"][0]
    if name in EDGE:
        assert command in COMMANDS
    else:
        assert get_commands()[command] == "monitor"


@pytest.mark.parametrize("name", SERVICES)
def test_its_settings_exist(name: str) -> None:
    known = FOREIGN.get(name) or (edge_settings() if name in EDGE else set(REGISTRY))
    assert settings.configured
    assert set(SERVICES[name]["environment"]) <= known


@pytest.mark.parametrize("name", OURS)
def test_it_runs_without_privileges(name: str) -> None:
    assert OURS[name]["cap_drop"] == ["ALL"]
    assert OURS[name]["security_opt"] == ["no-new-privileges:true"]


def test_the_image_has_a_user_of_its_own_and_known_settings() -> None:
    assert re.search(r"^USER farside$", DOCKERFILE, re.MULTILINE)
    named = set(re.findall(r"(FARSIDE_[A-Z_]+)=", DOCKERFILE))
    assert named <= set(REGISTRY) | edge_settings()


def test_the_image_copies_what_exists() -> None:
    copied = " ".join(re.findall(r"^COPY (.+) \S+$", DOCKERFILE, re.MULTILINE))
    for source in copied.split():
        assert (ROOT / source).exists(), source
        assert f"!{source}" in (ROOT / ".dockerignore").read_text(encoding="utf-8").split(), source


def test_everybody_means_the_same_port() -> None:
    web = SERVICES["web"]
    port = web["environment"]["FARSIDE_PORT"]
    assert web["environment"]["FARSIDE_LISTEN"] == "0.0.0.0"
    assert web["ports"][0].endswith(f":{port}")
    assert f"http://127.0.0.1:{port}/healthz" in web["healthcheck"]["test"][-1]
    assert SERVICES["agent"]["environment"]["FARSIDE_SERVER"] == f"http://web:{port}"
    assert f"EXPOSE {port}" in DOCKERFILE
    assert REGISTRY["FARSIDE_PORT"].default == port


def test_the_health_check_is_a_page_of_ours() -> None:
    assert resolve("/healthz").func is healthz


def test_the_addresses_name_services() -> None:
    environment = SERVICES["worker"]["environment"]
    assert "@postgres:5432/" in environment["DATABASE_URL"]
    assert "@valkey:6379/" in environment["REDIS_URL"]


def test_the_broker_keeps_what_was_acknowledged() -> None:
    command = SERVICES["valkey"]["command"]
    assert "--appendonly yes" in command and "--maxmemory-policy noeviction" in command


def test_every_secret_must_be_given() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    for name, default in re.findall(r"\$\{(\w*(?:PASSWORD|KEY|TOKEN))([^}]*)\}", text):
        assert default == ":?", f"{name} has a default or may be empty"


def test_every_volume_and_dependency_exists() -> None:
    for service in SERVICES.values():
        assert {volume.partition(":")[0] for volume in service.get("volumes", [])} <= set(COMPOSE["volumes"])
        assert set(service.get("depends_on", {})) <= set(SERVICES)
