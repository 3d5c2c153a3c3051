"""docker-compose.yml holds together, checked without a container engine."""

import os
import re
import shlex
from pathlib import Path
from typing import Any

import yaml

from ingest.cli import parser
from ingest.config import load

ROOT = Path(__file__).parents[2]


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


def test_every_secret_and_volume_a_service_uses_is_declared():
    document = compose()
    for name, service in document["services"].items():
        for secret in service.get("secrets", []):
            assert secret in document["secrets"], (name, secret)
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            assert source.startswith("./") or source in document["volumes"], (name, mount)
        for other in service.get("depends_on", {}):
            assert other in document["services"], (name, other)


def test_every_declared_secret_and_volume_is_used():
    document = compose()
    services = document["services"].values()
    used = {secret for service in services for secret in service.get("secrets", [])}
    mounted = {mount.split(":")[0] for service in services for mount in service.get("volumes", [])}
    assert set(document["secrets"]) == used
    assert set(document["volumes"]) == {source for source in mounted if not source.startswith("./")}


def test_our_services_run_as_an_ordinary_user_on_a_read_only_root():
    for service in (compose()["services"][name] for name in ("migrate", "daemon")):
        assert service["read_only"] is True
        assert int(service["user"].split(":")[0]) >= 1000
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]


def test_the_environment_names_only_keys_that_exist(tmp_path: Path):
    for service in (compose()["services"][name] for name in ("migrate", "daemon")):
        environ = {key: str(value) for key, value in service["environment"].items()}
        for key, value in environ.items():
            if value.startswith("/run/secrets/"):
                secret = tmp_path / Path(value).name
                secret.write_text("sqlite:///x.db\n")
                environ[key] = str(secret)
                assert Path(value).name in service["secrets"], key
        settings = load(ROOT / "config.example.toml", environ)
        assert settings.mailbox.password.get_secret_value() == "sqlite:///x.db"
        assert settings.storage.path == Path("/var/lib/pec-ingest/originals")


def test_the_commands_are_commands_we_have():
    for service in (compose()["services"][name] for name in ("migrate", "daemon")):
        assert parser().parse_args(service["command"]).function


def test_what_the_image_copies_is_in_the_repository():
    text = (ROOT / "Dockerfile").read_text()
    copied = [shlex.split(line)[1:-1] for line in re.findall(r"^COPY (?!--from).*$", text, re.MULTILINE)]
    for source in (name for names in copied for name in names):
        assert (ROOT / source).exists(), source
    assert re.search(r"^USER (?!root|0)", text, re.MULTILINE)


def test_the_health_check_asks_where_the_console_listens():
    daemon = compose()["services"]["daemon"]
    port = daemon["environment"]["PEC_INGEST__CONSOLE__LISTEN"].rpartition(":")[2]
    assert f":{port}/health" in daemon["healthcheck"]["test"][-1]
    assert all(published.endswith(f":{port}") for published in daemon["ports"])
    assert os.access(ROOT / ".ci/run", os.X_OK)
