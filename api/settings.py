"""Settings: `AFTERWORD_…` variables of the environment, nothing else."""

import os
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

SETTINGS = "settings"  # the name in the state that the application shares with its server
MIGRATING = 4_727_433_150_137_001  # the advisory lock of PostgreSQL that a migration holds
Seconds = Annotated[float, Field(gt=0, le=600)]


def data_folder() -> Path:
    """Return the user's folder for application data."""
    root = os.environ.get("XDG_DATA_HOME") or os.environ.get("LOCALAPPDATA") or str(Path.home() / ".local" / "share")
    return Path(root) / "afterword"


def _hard_to_guess(token: SecretStr) -> SecretStr:
    if token and not re.fullmatch("[!-~]{16,}", token.get_secret_value()):
        raise ValueError("a token has 16 visible ASCII characters or more, without spaces")
    return token


class Settings(BaseSettings):
    """What an operator may decide. Each field is the variable `AFTERWORD_` and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="AFTERWORD_", extra="ignore")

    database_url: Annotated[str, Field(description="Where the rows are kept.")] = ""
    pool_size: Annotated[
        int,
        Field(ge=3, le=200, description="Database connections of one process; all but two serve requests, at once."),
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
        Seconds, Field(description="How long a request may take from its last byte on, then 503.")
    ] = 8.0
    header_timeout_seconds: Annotated[
        Seconds, Field(description="How long a client may take to send a request's headers.")
    ] = 10.0
    body_timeout_seconds: Annotated[
        Seconds, Field(description="How long a client may take to send a request's body, then 408.")
    ] = 10.0
    max_waiting: Annotated[
        int, Field(ge=0, le=10_000, description="Requests that may wait for a connection; more get 503 at once.")
    ] = 60
    max_body_bytes: Annotated[int, Field(ge=1024, description="Larger request bodies are answered with 413.")] = 262_144
    session_days: Annotated[int, Field(ge=1, le=365, description="How long a sign-in lasts.")] = 30
    cors_origins: Annotated[
        tuple[str, ...], NoDecode, Field(description="Origins of browser frontends, separated by spaces.")
    ] = ()
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"],
        BeforeValidator(str.upper),
        Field(description="From which level on events are logged."),
    ] = "INFO"
    log_format: Annotated[
        Literal["json", "console"] | None,
        Field(description="How; without it, console on a terminal and json elsewhere."),
    ] = None
    metrics_token: Annotated[
        SecretStr,
        AfterValidator(_hard_to_guess),
        Field(description="Who sends it may read /metrics; without it there is no such address."),
    ] = SecretStr("")

    def __init__(self, **values: object) -> None:
        if isinstance(origins := os.environ.get("AFTERWORD_CORS_ORIGINS"), str) and "cors_origins" not in values:
            values["cors_origins"] = tuple(origins.split())
        super().__init__(**values)  # type: ignore[arg-type]  # validated by the base class

    @property
    def database(self) -> str:
        """The database's URL; by default an SQLite file in the user's data folder."""
        return self.database_url or f"sqlite:///{data_folder() / 'afterword.db'}"
