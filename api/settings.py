"""Settings: the environment variables `AFTERWORD_…` are their only source."""

import os
import re
from email.policy import SMTP
from importlib.util import find_spec
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

SETTINGS = "settings"  # the key in the lifespan state, where the server's protocol finds the settings
MIGRATING = 4_727_433_150_137_001  # the key of the advisory lock that a migration holds on PostgreSQL
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # the variable that names where processes share their metrics
DEFAULT_PORT = 8000
Seconds = Annotated[float, Field(gt=0, le=600)]


def data_folder() -> Path:
    """Return the user's folder for application data."""
    root = os.environ.get("XDG_DATA_HOME") or os.environ.get("LOCALAPPDATA") or str(Path.home() / ".local" / "share")
    return Path(root) / "afterword"


def _hard_to_guess(token: SecretStr) -> SecretStr:
    if token and not re.fullmatch("[!-~]{16,}", token.get_secret_value()):
        raise ValueError("use a token of at least 16 visible ASCII characters, without spaces")
    return token


def _an_origin(origin: str) -> str:
    if not re.fullmatch(r"https?://[A-Za-z0-9.\-\[\]:]+", origin):
        raise ValueError("use https://host or https://host:port, and name each: * would allow every website")
    return origin


def _network(text: object, *, why_not_all: str) -> IPv4Network | IPv6Network:
    try:
        network = ip_network(str(text))
    except ValueError as error:
        refused = "name addresses or networks such as 10.0.0.0/8, separated by spaces; names and * are refused"
        raise ValueError(refused) from error
    if not network.prefixlen:
        raise ValueError(f"name addresses or networks such as 10.0.0.0/8, because {why_not_all}")
    return network


def _a_network_of_proxies(text: str) -> str:
    _network(text, why_not_all="a /0 would trust every client")
    return text


def _a_network_of_receivers(text: object) -> IPv4Network | IPv6Network:
    return _network(text, why_not_all="a /0 would let webhooks reach every service of your own network")


def _a_mail_server(url: SecretStr) -> SecretStr:
    if url and not re.fullmatch(r"smtps?://([^\s/@]+@)?[^\s/@]+", url.get_secret_value()):
        raise ValueError("use smtps://user:password@host:port, or smtp://user:password@host:port")
    return url


def _a_public_url(url: str) -> str:
    if url and not re.fullmatch(r"https?://[A-Za-z0-9.\-\[\]:]+", url):
        raise ValueError("use https://host or https://host:port, without a path and a slash behind it")
    return url


def _an_app_url(pattern: str) -> str:
    if pattern and not re.fullmatch(r"https?://[A-Za-z0-9.\-\[\]:]+/[!-~]*\{id\}[!-~]*", pattern):
        raise ValueError("use https://host/… with {id}, and {kind} for application, interview, step, letter or contact")
    return pattern


def _only_with_its_extra(mcp: str) -> str:
    if mcp == "on" and not _is_installed("mcp"):
        raise ValueError('install the extra: pip install "afterword[mcp]"')
    return mcp


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ValueError:  # it is loaded, but not from a file
        return False


def _a_sender(text: str) -> str:
    """Refuse a sender that no mail can carry: every mail would fail."""
    try:
        header = SMTP.header_factory("From", text)
        is_usable = not text or (len(header.addresses) == 1 and not header.defects)
    except (ValueError, LookupError, AttributeError):  # the parser raises all of these
        is_usable = False
    if not is_usable:
        raise ValueError("use one address such as afterword@example.com, or Afterword <afterword@example.com>")
    return text


def local_url(port: int = DEFAULT_PORT) -> str:
    """Return the URL of a server on this machine.

    A page of a frontend in development is on `localhost`; a browser sends cookies only to the same name.
    """
    return f"http://localhost:{port}"


def is_safe_origin(origin: str) -> bool:
    """Tell whether an origin is HTTPS or on this machine, so that nobody on the network can read the traffic."""
    host = urlsplit(origin).hostname or ""
    return origin.startswith("https://") or host in ("localhost", "127.0.0.1", "::1") or host.endswith(".localhost")


class Settings(BaseSettings):
    """The settings of an operator. Each field is read from the variable `AFTERWORD_` plus its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="AFTERWORD_", extra="ignore")

    database_url: Annotated[str, Field(description="The database; without it, an SQLite file in the data folder.")] = ""
    pool_size: Annotated[
        int,
        Field(ge=3, le=200, description="Database connections of one process; all but two serve requests."),
    ] = 8
    busy_timeout_seconds: Annotated[
        float, Field(gt=0, le=60, description="How long a request waits for a lock or a connection, then 503.")
    ] = 5.0
    connect_timeout_seconds: Annotated[
        int, Field(ge=2, le=60, description="How long PostgreSQL may take to accept a connection, then 503.")
    ] = 3
    statement_timeout_seconds: Annotated[
        Seconds, Field(description="How long PostgreSQL may work on one statement, then 503.")
    ] = 7.0
    request_timeout_seconds: Annotated[
        Seconds, Field(description="How long a request may take after its last byte arrived, then 503.")
    ] = 8.0
    header_timeout_seconds: Annotated[
        Seconds,
        Field(description="How long a client may take to send a request's headers; then the connection is closed."),
    ] = 10.0
    body_timeout_seconds: Annotated[
        Seconds, Field(description="How long a client may take to send a request's body, then 408.")
    ] = 10.0
    max_waiting: Annotated[
        int, Field(ge=0, le=10_000, description="Requests that may wait for a place; more get 503 at once.")
    ] = 60
    max_connections: Annotated[
        int, Field(ge=1, le=100_000, description="Connections of one process; more get 503. Each is an open file.")
    ] = 800
    max_connections_per_address: Annotated[
        int,
        Field(ge=0, le=100_000, description="Connections from one address that is no trusted proxy. 0: no limit."),
    ] = 200
    max_body_bytes: Annotated[int, Field(ge=1024, description="Larger request bodies get 413.")] = 262_144
    max_import_bytes: Annotated[
        int, Field(ge=1024, le=33_554_432, description="Larger CSV files to import get 413.")
    ] = 5_242_880
    max_restore_bytes: Annotated[
        int, Field(ge=1024, le=268_435_456, description="Larger exports of accounts to restore get 413.")
    ] = 33_554_432
    session_days: Annotated[int, Field(ge=1, le=365, description="How long a session lasts after sign-in.")] = 30
    cors_origins: Annotated[
        tuple[Annotated[str, AfterValidator(_an_origin)], ...],
        NoDecode,
        Field(description="Origins of browser frontends, separated by spaces; they may use cookies."),
    ] = ()
    trusted_proxies: Annotated[
        tuple[Annotated[str, AfterValidator(_a_network_of_proxies)], ...],
        NoDecode,
        Field(description="Addresses or networks of proxies, separated by spaces, whose X-Forwarded-… are used."),
    ] = ()
    sign_up: Annotated[
        Literal["open", "closed"], Field(description="Whether anybody may open an account; `user add` always can.")
    ] = "open"
    sign_ins_per_hour: Annotated[
        int,
        Field(
            ge=0,
            le=1_000_000,
            description="Sign-ins to one account, three times as many from one address; 0: no limit.",
        ),
    ] = 30
    sign_ups_per_hour: Annotated[
        int, Field(ge=0, le=1_000_000, description="Accounts opened from one address; 0: no limit.")
    ] = 30
    requests_per_minute: Annotated[
        int, Field(ge=0, le=1_000_000, description="Calls of one account to one process; more get 429. 0: no limit.")
    ] = 6_000
    account_megabytes: Annotated[
        int, Field(ge=1, le=1_000_000, description="What one account may store; then writes that add to it get 409.")
    ] = 200
    public_url: Annotated[
        str,
        AfterValidator(_a_public_url),
        Field(description="The address under which people reach the service, for links in mails."),
    ] = ""
    app_url: Annotated[
        str,
        AfterValidator(_an_app_url),
        Field(description="A frontend's pages, such as https://app.example.org/{kind}/{id}, for links in calendars."),
    ] = ""
    feed_requests_per_minute: Annotated[
        int,
        Field(
            ge=0,
            le=1_000_000,
            description="Fetches of one calendar address from one process; more get 429. 0: no limit.",
        ),
    ] = 60
    mcp: Annotated[
        Literal["on", "off"],
        AfterValidator(_only_with_its_extra),
        Field(description="Whether assistants can use tools at /mcp; on needs the extra `mcp`."),
    ] = "off"
    agent_calls_per_minute: Annotated[
        int,
        Field(
            ge=0,
            le=1_000_000,
            description="Calls of tools of one account at /mcp of one process; more are refused. 0: no limit.",
        ),
    ] = 120
    agent_writes_per_day: Annotated[
        int,
        Field(ge=0, le=1_000_000, description="Writes of one account's agent tokens; more get 429. 0: no limit."),
    ] = 500
    webhooks: Annotated[
        Literal["on", "off"], Field(description="Whether webhooks can be created; off: existing ones send nothing.")
    ] = "on"
    webhook_networks: Annotated[
        tuple[Annotated[IPv4Network | IPv6Network, BeforeValidator(_a_network_of_receivers)], ...],
        NoDecode,
        Field(description="Networks, separated by spaces, that webhooks may reach although they are not public."),
    ] = ()
    worker: Annotated[
        Literal["on", "off"], Field(description="Whether this process does background work; off: it only serves.")
    ] = "on"
    smtp_url: Annotated[
        SecretStr,
        AfterValidator(_a_mail_server),
        Field(description="The mail server: smtps://user:password@host, or smtp:// (with STARTTLS)."),
    ] = SecretStr("")
    mail_from: Annotated[str, AfterValidator(_a_sender), Field(description="The sender of mails.")] = ""
    reset_url: Annotated[
        str, Field(description="The page on which people set a new password; the secret follows after #.")
    ] = ""
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"],
        BeforeValidator(str.upper),
        Field(description="The lowest level that is logged."),
    ] = "INFO"
    log_format: Annotated[
        Literal["json", "console"] | None,
        Field(description="The log format; by default console on a terminal, else json."),
    ] = None
    metrics_token: Annotated[
        SecretStr,
        AfterValidator(_hard_to_guess),
        Field(description="The bearer token for /metrics; without it, /metrics does not exist."),
    ] = SecretStr("")

    def __init__(self, **values: object) -> None:
        for name in ("cors_origins", "trusted_proxies", "webhook_networks"):
            if isinstance(words := os.environ.get(f"AFTERWORD_{name.upper()}"), str) and name not in values:
                values[name] = tuple(words.split())
        super().__init__(**values)  # type: ignore[arg-type]  # validated by the base class

    @model_validator(mode="after")
    def _mail_is_complete(self) -> "Settings":
        if self.smtp_url and not (self.mail_from and (self.reset_url or self.public_url)):
            raise ValueError(
                "AFTERWORD_SMTP_URL needs AFTERWORD_MAIL_FROM, and AFTERWORD_PUBLIC_URL or AFTERWORD_RESET_URL"
            )
        return self

    @property
    def account_bytes(self) -> int:
        """What one account may store, in bytes."""
        return int(self.account_megabytes * 1_000_000)

    @property
    def sends_links(self) -> bool:
        """Whether mails with links to this server can be sent."""
        return bool(self.smtp_url and self.public_url)

    def weaknesses(self) -> list[str]:
        """Return a warning for each setting that is less safe than its default, and for missing mail settings."""
        found = [
            (not self.sign_ins_per_hour, "AFTERWORD_SIGN_INS_PER_HOUR=0: there is no limit for guessing passwords"),
            (not self.sign_ups_per_hour, "AFTERWORD_SIGN_UPS_PER_HOUR=0: there is no limit for new accounts"),
            (
                not self.requests_per_minute,
                "AFTERWORD_REQUESTS_PER_MINUTE=0: there is no limit for calls",
            ),
            (
                self.mcp == "on" and not self.agent_calls_per_minute,
                "AFTERWORD_AGENT_CALLS_PER_MINUTE=0: there is no limit for calls of tools",
            ),
            (
                not self.agent_writes_per_day,
                "AFTERWORD_AGENT_WRITES_PER_DAY=0: there is no limit for what assistants write",
            ),
            (not self.smtp_url, "AFTERWORD_SMTP_URL is not set: mails for forgotten passwords are printed here"),
            (
                bool(self.smtp_url) and not self.public_url,
                "AFTERWORD_PUBLIC_URL is not set: no address can be confirmed or changed, and no digest is mailed",
            ),
            (
                bool(self.public_url) and not is_safe_origin(self.public_url),
                "AFTERWORD_PUBLIC_URL: it is not encrypted, so others on the network can read passwords",
            ),
        ]
        if self.webhook_networks:
            names = ", ".join(str(network) for network in self.webhook_networks)
            found.append((True, f"AFTERWORD_WEBHOOK_NETWORKS: every user can send requests to services in {names}"))
        found += [
            (True, f"AFTERWORD_CORS_ORIGINS: {origin} is not encrypted, so others on its network can read the traffic")
            for origin in self.cors_origins
            if not is_safe_origin(origin)
        ]
        return [line for is_so, line in found if is_so]

    @property
    def database(self) -> str:
        """The database's URL; by default an SQLite file in the user's data folder."""
        return self.database_url or f"sqlite:///{data_folder() / 'afterword.db'}"
