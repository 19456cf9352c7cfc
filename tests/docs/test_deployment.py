"""The files for deployment: valid, complete, and with settings that exist."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # it has no types, and one file needs no package of stubs

from api import __version__
from api.settings import Settings

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "deployment"
PAGE = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
SETTINGS = {f"AFTERWORD_{name.upper()}" for name in Settings.model_fields}
SETTING = re.compile(r"\bAFTERWORD_[A-Z_]+")
VARIABLE = re.compile(r"\$\{(\w+)(?::(-|\?)([^}]*))?\}")
EXAMPLES = dict(
    line.split("=", 1)
    for line in (FOLDER / "environment.example").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
)
CADDY, ANALYZE = shutil.which("caddy"), shutil.which("systemd-analyze")


def filled(text: str) -> str:
    """Return a text of the compose file with its variables, of which those that are required have a value."""
    return VARIABLE.sub(lambda found: EXAMPLES[found[1]] or ("abc" if found[2] == "?" else found[3] or ""), text)


@pytest.mark.parametrize("path", [*sorted(FOLDER.iterdir()), ROOT / "docs" / "deployment.md"], ids=lambda one: one.name)
def test_every_setting_that_is_named_exists(path: Path) -> None:
    assert set(SETTING.findall(path.read_text(encoding="utf-8"))) <= SETTINGS


def test_every_file_is_on_the_page_and_every_file_of_the_page_is_there() -> None:
    named = set(re.findall(r"examples/deployment/([\w.]+)", PAGE))
    assert named == {path.name for path in FOLDER.iterdir()}


def test_the_version_is_the_same_everywhere() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\d\S+) - \d{4}-\d\d-\d\d$", changes, re.MULTILINE)[0] == __version__
    assert set(re.findall(r"afterword-([\d.]+)-py3", PAGE)) == {__version__}
    images = {service["image"] for service in COMPOSE["services"].values() if "afterword" in service["image"]}
    assert images == {f"afterword:{__version__}"}


def test_the_proxy_keeps_secret_addresses_out_of_its_log() -> None:
    """An error of the upstream is logged with the address of the request, also without an access log."""
    text = (FOLDER / "Caddyfile").read_text(encoding="utf-8")
    assert re.search(r"^\s*request>uri regexp /calendar/\[\^\?\]\* /calendar/…$", text, re.MULTILINE)


def test_the_variables_of_the_compose_file_are_those_of_the_example() -> None:
    text = (FOLDER / "compose.yaml").read_text(encoding="utf-8")
    assert {found[0] for found in VARIABLE.findall(text)} == set(EXAMPLES)


def test_the_services_refer_to_networks_volumes_and_services_that_exist() -> None:
    services = COMPOSE["services"]
    for service in services.values():
        assert set(service["networks"]) <= set(COMPOSE["networks"])
        assert set(service.get("depends_on", {})) <= set(services)
        named = {volume.partition(":")[0] for volume in service.get("volumes", [])}
        assert {name for name in named if not name.startswith(".")} <= set(COMPOSE["volumes"])
        assert all((FOLDER / name).exists() for name in named if name.startswith("."))
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert "back" not in services["proxy"]["networks"]


def test_the_settings_of_the_compose_file_are_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty mail server or token counts as none."""
    for name, value in COMPOSE["services"]["api"]["environment"].items():
        monkeypatch.setenv(name, filled(value))
    settings = Settings()
    assert settings.database == "postgresql://afterword:abc@database/afterword"
    assert settings.trusted_proxies == (COMPOSE["networks"]["front"]["ipam"]["config"][0]["subnet"],)
    assert (settings.sign_up, settings.public_url) == ("closed", "https://afterword.example.org")
    assert settings.weaknesses() == ["AFTERWORD_SMTP_URL is not set: mails for forgotten passwords are printed here"]


def test_the_settings_of_the_unit_are_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    for line in (FOLDER / "afterword.env.example").read_text(encoding="utf-8").splitlines():
        name, is_set, value = line.removeprefix("#").partition("=")
        if is_set:
            monkeypatch.setenv(name, value)
    assert Settings().sends_links


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed: the unit was not verified")
def test_the_unit_is_valid_for_systemd(tmp_path: Path) -> None:
    unit = tmp_path / "afterword.service"
    text = (FOLDER / "afterword.service").read_text(encoding="utf-8")
    unit.write_text(text.replace("/opt/afterword/bin/afterword", sys.executable), encoding="utf-8")
    done = subprocess.run(
        [str(ANALYZE), "verify", "--man=no", str(unit)], capture_output=True, text=True, timeout=60, check=False
    )
    assert not [line for line in done.stderr.splitlines() if "afterword" in line]
    unit.write_text(text.replace("Type=exec", "Typo=exec"), encoding="utf-8")
    done = subprocess.run(
        [str(ANALYZE), "verify", "--man=no", str(unit)], capture_output=True, text=True, timeout=60, check=False
    )
    assert "Typo" in done.stderr


@pytest.mark.skipif(CADDY is None, reason="Caddy is not installed: the configuration of the proxy was not checked")
def test_the_configuration_of_the_proxy_is_valid(tmp_path: Path) -> None:
    own = {**os.environ, "SITE": "afterword.example.org", "UPSTREAM": "127.0.0.1:1", "XDG_DATA_HOME": str(tmp_path)}
    command = [str(CADDY), "validate", "--adapter", "caddyfile", "--config", str(FOLDER / "Caddyfile")]
    done = subprocess.run(command, env=own, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
