"""What cannot be started here is read instead: compose.yaml and Dockerfile against their own rules and against the settings that exist."""

import re
from typing import Any

import jsonschema
import pytest
import yaml

from server.kernel import settings
from server.kernel.settings import WrongSetting
from tests.tools.processes import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()
DURATION = {"type": "string", "pattern": "^([0-9]+(ms|s|m|h))+$"}
TEXTS = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
SERVICE = {
    "type": "object",
    "properties": {
        "build": {"type": "string"},
        "image": {"type": "string", "pattern": "^[a-z0-9./-]+:[A-Za-z0-9._-]+$"},
        "command": {"anyOf": [{"type": "string"}, TEXTS]},
        "environment": {
            "type": "object",
            "propertyNames": {"pattern": "^[A-Z][A-Z0-9_]*$"},
            "additionalProperties": {"type": ["string", "number"]},
        },
        "ports": {"type": "array", "items": {"type": "string", "pattern": "^([0-9.]+:)?[0-9]+:[0-9]+$"}},
        "volumes": {"type": "array", "items": {"type": "string", "pattern": "^[a-z]+:/[^:]+$"}},
        "depends_on": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {
                    "condition": {"enum": ["service_started", "service_healthy", "service_completed_successfully"]},
                    "restart": {"type": "boolean"},
                },
                "required": ["condition"],
                "additionalProperties": False,
            },
        },
        "healthcheck": {
            "type": "object",
            "properties": {
                "test": {"type": "array", "prefixItems": [{"enum": ["CMD", "CMD-SHELL"]}], "minItems": 2},
                "interval": DURATION,
                "timeout": DURATION,
                "start_period": DURATION,
                "retries": {"type": "integer", "minimum": 1},
            },
            "required": ["test"],
            "additionalProperties": False,
        },
        "stop_grace_period": DURATION,
        "restart": {"enum": ["no", "always", "on-failure", "unless-stopped"]},
        "init": {"type": "boolean"},
    },
    "oneOf": [{"required": ["build"]}, {"required": ["image"]}],
    "additionalProperties": False,
}
SCHEMA = {
    "type": "object",
    "properties": {
        "services": {"type": "object", "additionalProperties": SERVICE, "minProperties": 1},
        "volumes": {"type": "object", "additionalProperties": {"type": ["object", "null"]}},
    },
    "required": ["services"],
    "additionalProperties": False,
}
"""The part of the Compose Specification that is used, with its names and shapes. A name it doesn't know is an error here as there."""

SERVICES: dict[str, Any] = COMPOSE["services"]
READ = set(
    re.findall(r'"((?:FUURO_[A-Z_]+)|DATABASE_URL|REDIS_URL)"', (ROOT / "server/kernel/settings.py").read_text())
)


def interpolated(value: str, given: dict[str, str]) -> str:
    """As compose fills variables in; a required one that is missing raises KeyError."""
    return re.sub(r"\$\{([A-Z_]+)(?::\?[^}]*)?\}", lambda found: given[found[1]], value)


def test_compose_has_the_shape_of_the_specification() -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(COMPOSE)


def test_what_compose_refers_to_is_there() -> None:
    for service in SERVICES.values():
        for other in service.get("depends_on", {}):
            assert "healthcheck" in SERVICES[other], "who is waited for says when it is healthy"
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in COMPOSE["volumes"]
    assert (ROOT / SERVICES["fuuro"]["build"] / "Dockerfile").exists()


def test_what_is_not_in_the_database_outlives_a_container() -> None:
    """Photos: the folder of the image is its user's, and a volume."""
    assert SERVICES["fuuro"]["volumes"] == ["data:/data"]
    assert "ENV FUURO_DATA=/data\nVOLUME /data\nUSER fuuro\n" in DOCKERFILE
    assert "install -d -o fuuro -g fuuro -m 700 /data" in DOCKERFILE


def test_whoever_ends_is_started_again_and_says_whether_it_is_well() -> None:
    assert {service["restart"] for service in SERVICES.values()} == {"unless-stopped"}
    assert "/health/ready" in SERVICES["fuuro"]["healthcheck"]["test"][-1]
    compile(SERVICES["fuuro"]["healthcheck"]["test"][-1], "healthcheck", "exec")


def test_every_setting_in_compose_is_one_that_the_server_reads() -> None:
    assert len(READ) > 10
    assert set(SERVICES["fuuro"]["environment"]) <= READ


def test_every_required_variable_says_what_it_wants() -> None:
    text = (ROOT / "compose.yaml").read_text()
    required = set(re.findall(r"\$\{([A-Z_]+):\?[^}]{5,}\}", text))
    assert set(re.findall(r"\$\{([A-Z_]+)", text)) == required


def test_the_server_takes_these_settings() -> None:
    given = {
        "POSTGRES_PASSWORD": "p",
        "FUURO_SECRET_KEY": "x" * 32,
        "FUURO_ORIGINS": "https://fuuro.example",
        "FUURO_SMS_URL": "https://user:password@provider.example/Messages.json?from=%2B15005550006",
    }
    env = {name: interpolated(value, given) for name, value in SERVICES["fuuro"]["environment"].items()}
    taken = settings.from_environment(env)
    assert taken.database_url == "postgresql://fuuro:p@postgres/fuuro"
    assert not taken.on_loopback
    assert not taken.development_inbox
    assert SERVICES["fuuro"]["ports"] == [f"127.0.0.1:{taken.port}:{taken.port}"], (
        "TLS is somebody else's, on this machine"
    )
    assert "172.16.0.0/12" in taken.proxies, (
        "who comes through a published port comes from the network of the containers"
    )
    for name in ("FUURO_SECRET_KEY", "FUURO_ORIGINS", "FUURO_SMS_URL", "DATABASE_URL", "REDIS_URL"):
        with pytest.raises(WrongSetting, match=name):
            settings.from_environment(env | {name: "short"})


def test_the_grace_of_compose_is_longer_than_the_stop() -> None:
    from server.kernel import stopping

    assert int(SERVICES["fuuro"]["stop_grace_period"].removesuffix("s")) > stopping.SECONDS


def test_postgres_is_the_version_and_the_locale_that_the_code_wants() -> None:
    postgres = SERVICES["postgres"]
    assert postgres["image"] == "pgvector/pgvector:pg18"
    assert postgres["environment"]["POSTGRES_INITDB_ARGS"] == "--locale-provider=builtin --builtin-locale=C.UTF-8"
    assert postgres["volumes"] == ["postgres:/var/lib/postgresql"], "where the image of version 18 keeps its data"


def test_the_dockerfile_builds_from_what_is_there() -> None:
    """Each COPY names something that exists; the process is no root, and gets the signals itself."""
    lines = [line.split(maxsplit=1) for line in DOCKERFILE.splitlines() if line and not line.startswith("#")]
    assert lines[0][0] == "FROM"
    assert {keyword for keyword, _ in lines} <= {"FROM", "WORKDIR", "COPY", "RUN", "USER", "CMD", "ENV", "VOLUME"}
    version = re.search(r"python:3\.(\d+)", DOCKERFILE)
    assert version is not None
    assert int(version[1]) >= 11
    for source in (rest.split()[0] for keyword, rest in lines if keyword == "COPY"):
        assert (ROOT / source).exists()
    assert ["USER", "fuuro"] in lines
    keyword, command = lines[-1]
    assert keyword == "CMD"
    assert "exec fuuro serve" in command
    assert "fuuro migrate &&" in command


def test_the_image_takes_nothing_along_that_is_not_needed() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".venv", ".git", ".data"} <= {name.strip("/") for name in ignored}
