"""Unsafe settings: they are refused, or the log warns about them at the start."""

import json
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from api.commands.serve import unencrypted
from api.settings import Settings, is_safe_origin
from tests.cli.running import assert_one_line, run_here

MAIL = {
    "smtp_url": "smtps://a:b@mail.example.com",
    "mail_from": "a@example.com",
    "public_url": "https://x.example",
}


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        pytest.param("CORS_ORIGINS", "*", "name each", id="every-origin"),
        pytest.param("CORS_ORIGINS", "https://a.example https://*.b.example", "name each", id="a-pattern-of-origins"),
        pytest.param("CORS_ORIGINS", "https://a.example/", "https://host", id="a-path"),
        pytest.param("CORS_ORIGINS", "null", "https://host", id="the-null-origin"),
        pytest.param("TRUSTED_PROXIES", "*", "10.0.0.0/8", id="every-proxy"),
        pytest.param("TRUSTED_PROXIES", "10.0.0.1 0.0.0.0/0", "10.0.0.0/8", id="every-proxy-of-ipv4"),
        pytest.param("TRUSTED_PROXIES", "::/0", "10.0.0.0/8", id="every-proxy-of-ipv6"),
        pytest.param("WEBHOOK_NETWORKS", "*", "10.0.0.0/8", id="every-receiver"),
        pytest.param("WEBHOOK_NETWORKS", "n8n", "names and * are refused", id="a-name-of-a-receiver"),
        pytest.param("WEBHOOK_NETWORKS", "10.0.0.1/8", "10.0.0.0/8", id="an-address-with-a-length"),
        pytest.param("WEBHOOK_NETWORKS", "10.0.0.1 0.0.0.0/0", "every service", id="every-receiver-of-ipv4"),
        pytest.param("WEBHOOK_NETWORKS", "::/0", "every service", id="every-receiver-of-ipv6"),
        pytest.param("WEBHOOKS", "yes", "'on' or 'off'", id="webhooks-neither-on-nor-off"),
        pytest.param("MCP", "yes", "'on' or 'off'", id="mcp-neither-on-nor-off"),
        pytest.param("AGENT_CALLS_PER_MINUTE", "-1", "greater than or equal to 0", id="a-negative-number-of-calls"),
        pytest.param("WORKER", "", "'on' or 'off'", id="a-worker-neither-on-nor-off"),
        pytest.param("SMTP_URL", "http://mail.example.com", "smtps://", id="not-an-smtp-url"),
        pytest.param("SMTP_URL", "smtps://mail.example.com", "AFTERWORD_PUBLIC_URL", id="mail-without-a-page"),
        pytest.param("MAIL_FROM", "a@[b", "one address", id="a-sender-that-no-mail-can-have"),
        pytest.param("MAIL_FROM", "a@example.com, b@example.com", "one address", id="two-senders"),
        pytest.param("PUBLIC_URL", "https://x.example/", "without a path", id="a-public-address-with-a-path"),
        pytest.param("PUBLIC_URL", "x.example", "https://host", id="a-public-address-without-a-scheme"),
        pytest.param("APP_URL", "https://app.example.org/{kind}", "{id}", id="an-app-address-without-an-id"),
        pytest.param("APP_URL", "app.example.org/{id}", "https://host", id="an-app-address-without-a-scheme"),
        pytest.param("SIGN_UP", "half", "'open' or 'closed'", id="an-unknown-value"),
        pytest.param("SIGN_INS_PER_HOUR", "-1", "greater than or equal to 0", id="a-negative-number"),
        pytest.param("METRICS_TOKEN", "short", "16 visible", id="a-token-that-is-too-short"),
    ],
)
def test_an_unsafe_setting_is_refused_in_one_line(
    name: str, value: str, remedy: str, tmp_path: Path, taken_port: str
) -> None:
    done = run_here(f"sqlite:///{tmp_path}/a.db", "serve", "--port", taken_port, **{name: value})
    assert_one_line(done, remedy)
    assert list(tmp_path.iterdir()) == []  # no database was made


def test_settings_that_are_less_safe_than_the_defaults_are_warned_about(tmp_path: Path, taken_port: str) -> None:
    weak = {"SIGN_INS_PER_HOUR": "0", "SIGN_UPS_PER_HOUR": "0", "REQUESTS_PER_MINUTE": "0"}
    origin = {"CORS_ORIGINS": "http://app.example.com"}
    done = run_here(f"sqlite:///{tmp_path}/a.db", "serve", "--port", taken_port, **weak, **origin)
    warnings = [json.loads(line) for line in done.stderr.splitlines() if '"warning"' in line]
    told = " ".join(one["event"] for one in warnings)
    for name in (*weak, "CORS_ORIGINS", "SMTP_URL"):
        assert f"AFTERWORD_{name}" in told


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        pytest.param({}, ["AFTERWORD_SMTP_URL"], id="the-defaults-lack-only-a-mail-server"),
        pytest.param(MAIL, [], id="with-a-mail-server-nothing"),
        pytest.param(
            {**MAIL, "public_url": "", "reset_url": "https://x.example/new"},
            ["AFTERWORD_PUBLIC_URL"],
            id="without-a-public-address-none-can-be-confirmed",
        ),
        pytest.param(
            {**MAIL, "public_url": "http://x.example"}, ["AFTERWORD_PUBLIC_URL"], id="an-unencrypted-public-address"
        ),
        pytest.param({**MAIL, "sign_ins_per_hour": 0}, ["AFTERWORD_SIGN_INS_PER_HOUR=0"], id="unlimited-sign-ins"),
        pytest.param(
            {**MAIL, "webhook_networks": ("10.0.0.0/8",)}, ["AFTERWORD_WEBHOOK_NETWORKS"], id="inner-receivers"
        ),
        pytest.param({**MAIL, "agent_calls_per_minute": 0}, [], id="unlimited-tools-that-are-off"),
        pytest.param(
            {**MAIL, "agent_calls_per_minute": 0, "mcp": "on"},
            ["AFTERWORD_AGENT_CALLS_PER_MINUTE=0"],
            id="unlimited-tools",
        ),
        pytest.param({**MAIL, "agent_writes_per_day": 0}, ["AFTERWORD_AGENT_WRITES_PER_DAY=0"], id="unlimited-writes"),
        pytest.param({**MAIL, "cors_origins": ("http://localhost:3000",)}, [], id="an-origin-on-localhost"),
    ],
)
def test_weaknesses_lists_the_unsafe_settings(settings: dict[str, Any], told: list[str]) -> None:
    found = Settings(**settings).weaknesses()
    assert [line.partition(":")[0].partition(" ")[0] for line in found] == told


def test_networks_that_webhooks_may_reach_are_read_from_the_environment_and_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert Settings().webhook_networks == ()
    monkeypatch.setenv("AFTERWORD_WEBHOOK_NETWORKS", " 10.0.0.0/8  fd00::/8 192.168.1.5 ")
    settings = Settings(**MAIL)
    assert settings.webhook_networks == tuple(map(ip_network, ("10.0.0.0/8", "fd00::/8", "192.168.1.5/32")))
    (warning,) = settings.weaknesses()
    assert warning.endswith("10.0.0.0/8, fd00::/8, 192.168.1.5/32")


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
def test_a_safe_origin_uses_https_or_is_on_localhost(origin: str, *, is_safe: bool) -> None:
    assert Settings(cors_origins=(origin,)).cors_origins == (origin,)
    assert is_safe_origin(origin) is is_safe


@pytest.mark.parametrize(
    ("host", "lines"), [("127.0.0.1", 0), ("::1", 0), ("localhost", 0), ("0.0.0.0", 1), ("box", 1)]
)
def test_plain_http_on_other_interfaces_is_warned_about(host: str, lines: int) -> None:
    assert len(unencrypted(host, Settings())) == lines
    assert unencrypted(host, Settings(trusted_proxies=("172.18.0.2",))) == []


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        pytest.param({"XDG_DATA_HOME": "/data", "LOCALAPPDATA": "/local"}, "/data/afterword", id="of-the-desktop"),
        pytest.param({"LOCALAPPDATA": "/local"}, "/local/afterword", id="of-windows"),
        pytest.param({"HOME": "/home/kim"}, "/home/kim/.local/share/afterword", id="of-the-home"),
        pytest.param({"XDG_DATA_HOME": "", "HOME": "/home/kim"}, "/home/kim/.local/share/afterword", id="empty"),
    ],
)
def test_by_default_the_database_is_in_the_users_folder_for_data(
    variables: dict[str, str], folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("XDG_DATA_HOME", "LOCALAPPDATA", "AFTERWORD_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert Settings().database == f"sqlite:///{folder}/afterword.db"


def test_a_secret_of_the_settings_is_never_shown() -> None:
    assert "a:b" not in repr(Settings(**MAIL))
