"""Settings that would make the service less safe: refused, or told in a line at the start."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from api.cli import _unencrypted
from api.settings import Settings, is_safe_origin

ROOT = Path(__file__).parents[2]
MAIL = {"smtp_url": "smtps://a:b@mail.example.com", "mail_from": "a@example.com", "reset_url": "https://x.example/new"}


def served_with(folder: Path, **environment: str) -> tuple[int, list[str]]:
    """Start a server on a file of its own, stop it once it serves; return its exit code and what it said."""
    own = {"AFTERWORD_DATABASE_URL": f"sqlite:///{folder / 'a.db'}", **environment}
    command = [sys.executable, "-m", "api", "serve", "--port", "0"]
    said: list[str] = []
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, **own}, cwd=ROOT) as server:
        assert server.stderr is not None
        for line in server.stderr:
            said.append(line.strip())
            if "Afterword serves" in line:
                server.terminate()
        return server.wait(20), said


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        pytest.param("CORS_ORIGINS", "*", "name each", id="every-origin"),
        pytest.param("CORS_ORIGINS", "https://a.example https://*.b.example", "name each", id="a-pattern-of-origins"),
        pytest.param("CORS_ORIGINS", "https://a.example/", "https://host", id="a-path"),
        pytest.param("CORS_ORIGINS", "null", "https://host", id="the-origin-of-files"),
        pytest.param("TRUSTED_PROXIES", "*", "10.0.0.0/8", id="every-proxy"),
        pytest.param("SMTP_URL", "http://mail.example.com", "smtps://", id="no-mail-server"),
        pytest.param("SMTP_URL", "smtps://mail.example.com", "AFTERWORD_RESET_URL", id="mail-without-a-page"),
        pytest.param("SIGN_UP", "half", "'open' or 'closed'", id="half-open"),
        pytest.param("SIGN_INS_PER_HOUR", "-1", "greater than or equal to 0", id="less-than-nothing"),
        pytest.param("METRICS_TOKEN", "short", "16 visible", id="a-token-to-guess"),
    ],
)
def test_an_unsafe_setting_is_refused_in_one_line(name: str, value: str, remedy: str, tmp_path: Path) -> None:
    code, said = served_with(tmp_path, **{f"AFTERWORD_{name}": value})
    assert code == 1
    assert len(said) == 1
    assert said[0].startswith("afterword: ")
    assert remedy in said[0]


def test_what_is_less_safe_than_by_default_is_told_at_the_start(tmp_path: Path) -> None:
    weak = {"SIGN_INS_PER_HOUR": "0", "SIGN_UPS_PER_HOUR": "0", "REQUESTS_PER_MINUTE": "0"}
    environment = {f"AFTERWORD_{name}": value for name, value in weak.items()}
    _, said = served_with(tmp_path, AFTERWORD_CORS_ORIGINS="http://app.example.com", **environment)
    warnings = [json.loads(line) for line in said if '"warning"' in line]
    told = " ".join(one["event"] for one in warnings)
    for name in (*weak, "CORS_ORIGINS", "SMTP_URL"):
        assert f"AFTERWORD_{name}" in told


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        pytest.param({}, ["AFTERWORD_SMTP_URL"], id="by-default-mail-alone"),
        pytest.param(MAIL, [], id="with-mail-nothing"),
        pytest.param({**MAIL, "sign_ins_per_hour": 0}, ["AFTERWORD_SIGN_INS_PER_HOUR=0"], id="guessing"),
        pytest.param({**MAIL, "cors_origins": ("http://localhost:3000",)}, [], id="a-page-on-this-machine"),
    ],
)
def test_weaknesses_are_named(settings: dict[str, Any], told: list[str]) -> None:
    found = Settings(**settings).weaknesses()
    assert [line.partition(":")[0].partition(" ")[0] for line in found] == told


@pytest.mark.parametrize(
    ("origin", "is_safe"),
    [
        ("https://app.example.com", True),
        ("http://localhost:3000", True),
        ("http://127.0.0.1:3000", True),
        ("http://[::1]:3000", True),
        ("http://app.example.com", False),
        ("http://localhost.example.com", False),
    ],
)
def test_an_origin_is_encrypted_or_on_this_machine(origin: str, *, is_safe: bool) -> None:
    assert Settings(cors_origins=(origin,)).cors_origins == (origin,)
    assert is_safe_origin(origin) is is_safe


@pytest.mark.parametrize(
    ("host", "lines"), [("127.0.0.1", 0), ("::1", 0), ("localhost", 0), ("0.0.0.0", 1), ("box", 1)]
)
def test_plain_http_beyond_this_machine_is_told(host: str, lines: int) -> None:
    assert len(_unencrypted(host)) == lines


def test_a_secret_of_the_settings_is_never_shown() -> None:
    assert "a:b" not in repr(Settings(**MAIL))
