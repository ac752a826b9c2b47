"""Settings of the command line and the server, from ``XIETONG_*`` variables."""

from __future__ import annotations

import locale
from functools import cache

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """``XIETONG_REGION``, ``XIETONG_LANG`` (zh or en), ``XIETONG_HOST``, ``XIETONG_PORT``, ``XIETONG_JOBS``."""

    model_config = SettingsConfigDict(env_prefix="XIETONG_")

    region: str = "jjj"
    lang: str = ""
    host: str = "127.0.0.1"
    port: int = 8000
    jobs: int = 2

    @property
    def language(self) -> str:
        if self.lang in ("zh", "en"):
            return self.lang
        return "zh" if (locale.getlocale()[0] or "").startswith("zh") else "en"


@cache
def settings() -> Settings:
    return Settings()
