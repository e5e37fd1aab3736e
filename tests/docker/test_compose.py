"""The compose file and the Dockerfile, read as they stand: pinned, without secrets, without rights."""

import re
import tomllib
from pathlib import Path

import pytest

DOCKER = Path(__file__).parents[2] / "docker"
COMPOSE = (DOCKER / "compose.yaml").read_text()
DOCKERFILE = (DOCKER / "Dockerfile").read_text()
README = (DOCKER / "README.md").read_text()

SECRETS = ("MONGO_ROOT_PASSWORD", "MONGO_REPLICA_KEY", "CAUSEWAY_DB_PASSWORD")


def section(text, name, indent=""):
    """The lines under a key, up to the next one of its depth."""
    found = re.search(rf"^{indent}{re.escape(name)}:.*\n((?:{indent}[ ]+.*\n|\s*\n)*)", text, re.MULTILINE)
    assert found, f"no {name}"
    return found[1]


def keys(text, indent):
    return re.findall(rf"^{indent}([\w-]+):", text, re.MULTILINE)


def test_the_services_are_causeway_and_a_replica_set_of_three():
    assert keys(section(COMPOSE, "services"), "  ") == ["mongo1", "mongo2", "mongo3", "replica-set", "causeway"]
    assert keys(section(COMPOSE, "volumes"), "  ") == ["mongo1", "mongo2", "mongo3"]


def test_each_member_keeps_its_own_data_and_tells_its_health():
    for name in ("mongo1", "mongo2", "mongo3"):
        service = section(section(COMPOSE, "services"), name, "  ")
        assert "<<: *mongo" in service
        assert f"- {name}:/data/db" in service
    assert "healthcheck" in section(COMPOSE, "x-mongo")


def test_everything_starts_after_what_it_needs():
    services = section(COMPOSE, "services")
    job = section(section(services, "replica-set", "  "), "depends_on", "    ")
    assert keys(job, "      ") == ["mongo1", "mongo2", "mongo3"]
    assert job.count("service_healthy") == 3
    assert "service_completed_successfully" in section(services, "causeway", "  ")


def test_images_are_pinned():
    images = re.findall(r"^\s*image: (\S+)|^FROM (\S+)", COMPOSE + DOCKERFILE, re.MULTILINE)
    assert images
    for image in map("".join, images):
        assert re.fullmatch(r"[a-z]+:\d+\.\d+\.\d+[\w.-]*", image), image
    version = tomllib.loads((DOCKER.parent / "pyproject.toml").read_text())["project"]["version"]
    assert f"image: causeway:{version}\n" in COMPOSE


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_comes_from_outside_and_is_asked_for_by_name(name):
    uses = re.findall(rf"\$\{{{name}([^}}]*)\}}", COMPOSE)
    assert uses
    assert set(uses) == {f":?set {name} in docker/.env, as docker/README.md shows"}
    assert name in README


def test_there_is_no_secret_in_any_file():
    for file in DOCKER.iterdir():
        text = re.sub(r"\$\{[^}]*\}|\$\([^)]*\)|process\.env\.\w+", "", file.read_text())
        said = re.findall(r"(?i)(?:password|secret|key|pwd) *[:=] *[\"']?([\w-]+)", text)
        assert said == [], file.name


def test_causeway_runs_without_rights_and_without_a_source_tree():
    last = DOCKERFILE.rpartition("FROM ")[2]
    assert "USER causeway" in last
    assert "PYTHONSAFEPATH=1" in last
    assert re.findall(r"^COPY (.*)$", last, re.MULTILINE) == ["--from=build /causeway /causeway"]
    service = section(section(COMPOSE, "services"), "causeway", "  ")
    for line in ("read_only: true", "- ALL", "- no-new-privileges:true"):
        assert line in service
    assert re.findall(r"- (\S+):\d+:\d+\n", section(service, "ports", "    ")) == ["127.0.0.1"] * 2


def test_what_is_copied_into_the_build_is_let_in():
    let_in = {
        line[1:] for line in (DOCKER / "Dockerfile.dockerignore").read_text().splitlines() if line.startswith("!")
    }
    copied = {name for line in re.findall(r"^COPY (?!--)(.*) \S+$", DOCKERFILE, re.MULTILINE) for name in line.split()}
    assert copied == let_in
    assert all((DOCKER.parent / name).exists() for name in copied)


def test_the_file_is_one_that_a_yaml_reader_takes():
    """No reader of YAML is among the tests' packages: at least no tab, no trailing space, steps of two."""
    for line in COMPOSE.splitlines():
        assert "\t" not in line
        assert line == line.rstrip()
        assert (len(line) - len(line.lstrip())) % 2 == 0
