"""Every setting that differs by place, read once from the environment and typed.

A wrong value stops the start with the setting's name: nothing is guessed.
"""

from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PROJECT = Path(__file__).resolve().parent.parent


class WrongSetting(SystemExit):
    """A setting is missing or wrong. Exits with one line for each, by name."""


class Environment(BaseSettings):
    """What an operator may set. `docs/reference/settings.md` is generated from this class."""

    model_config = SettingsConfigDict(extra="ignore", case_sensitive=True)

    DATABASE_URL: str = Field(
        description="PostgreSQL (15 or later) that the application uses. "
        "`./onroll` starts a private one when this is not set."
    )
    DATABASE_OWNER_URL: str | None = Field(
        None,
        description="The role that owns the tables, used by migrations only. When it is not set, "
        "DATABASE_URL is the owner's and the application takes the role onroll_app after it "
        "connects. Production sets both.",
    )
    REDIS_URL: str = Field(
        description="Redis for the task queue and the cache. "
        "`./onroll` starts a private one when this is not set."
    )
    SECRET_KEY: str = Field(
        min_length=32,
        description="At least 32 random characters. `./onroll` makes one and keeps it in var/.",
    )
    DEBUG: bool = Field(False, description="Show error details. Never on where real people are.")
    ALLOWED_HOSTS: Annotated[list[str], NoDecode] = Field(
        ["127.0.0.1", "localhost"], description="Host names that are answered, with commas."
    )
    PUBLIC_URL: str = Field(
        "http://127.0.0.1:8000",
        pattern=r"^https?://[^/]+$",
        description="Where people reach Onroll: used in mail and printed codes. "
        "https switches on secure cookies and strict transport security.",
    )
    STATE_DIR: Path = Field(
        PROJECT / "var", description="Folder for mail, the print spool, logs and process ids."
    )
    LOG_LEVEL: str = Field(
        "INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="How much the log holds."
    )

    @field_validator("ALLOWED_HOSTS", mode="before")
    @classmethod
    def split_on_commas(cls, value: object) -> object:
        """Read `a,b` as a list."""
        return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def read() -> Environment:
    """The environment as typed settings. Exits naming each wrong or missing setting."""
    try:
        return Environment()  # type: ignore[call-arg]  # values come from the environment
    except ValidationError as problem:
        lines = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in problem.errors()]
        raise WrongSetting("Settings are wrong:\n  " + "\n  ".join(lines)) from None
