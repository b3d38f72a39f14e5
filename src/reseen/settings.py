"""The one place where settings come from: ``reseen.toml``, the environment (``RESEEN_...``), flags.

Flags win over the environment, the environment over the file. Rooms never read this; ``cli`` and ``app`` fill each
room's own small settings from it.
"""

from __future__ import annotations

from pathlib import Path

import platformdirs
from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from reseen.errors import UsageError
from reseen.runtime.settings import Provider


def configuration_files() -> tuple[Path, ...]:
    """Where ``reseen.toml`` is looked for; a later one wins: the user's own, then the working folder's."""
    return platformdirs.user_config_path("reseen", appauthor=False) / "reseen.toml", Path("reseen.toml")


class Settings(BaseSettings):
    """Settings of a command.

    Attributes:
        library: The library used when a command names none.
        detector: The detector of new libraries; None takes the best that is here.
        embedder: The embedder of new libraries; None takes the best that is here.
        threads: Threads of a network; 0 takes what is there.
        provider: What computes (see ``reseen doctor``).
        cache: Folder of the per-user cache libraries of ``reseen find``.
        cache_gigabytes: Size up to which they may grow.
        cache_days: Days after which footage not searched again is dropped from them.
    """

    model_config = SettingsConfigDict(env_prefix="RESEEN_", extra="forbid", frozen=True)

    library: Path | None = None
    detector: str | None = None
    embedder: str | None = None
    threads: int = Field(default=0, ge=0)
    provider: Provider = "auto"
    cache: Path = Field(default_factory=lambda: platformdirs.user_cache_path("reseen", appauthor=False))
    cache_gigabytes: float = Field(default=5.0, gt=0)
    cache_days: float = Field(default=30.0, gt=0)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, then environment, then files."""
        files = TomlConfigSettingsSource(settings_cls, toml_file=list(configuration_files()))
        return init_settings, env_settings, files

    @classmethod
    def load(cls, **flags: object) -> Settings:
        """Read them all.

        Raises:
            UsageError: A value cannot be used, or a name is unknown.
        """
        try:
            return cls(**flags)  # type: ignore[arg-type]
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(str(part) for part in first["loc"])
            if first["type"] == "extra_forbidden":
                known = ", ".join(cls.model_fields)
                words = f"setting '{name}' (reseen.toml or flag): there is none of this name; there are: {known}"
                raise UsageError(words) from error
            raise UsageError(
                f"setting '{name}' (reseen.toml, RESEEN_{name.upper()} or flag): {first['msg']}, not {first['input']!r}"
            ) from error
        except ValueError as error:
            files = " or ".join(str(file) for file in configuration_files() if file.is_file())
            raise UsageError(f"{files or 'reseen.toml'} cannot be read: {str(error).splitlines()[0]}") from error
