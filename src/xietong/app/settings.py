"""Settings of the command line and the server, from ``XIETONG_*`` variables."""

from __future__ import annotations

import locale
from functools import cache

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from xietong.core.errors import Fault, UsageError


class Settings(BaseSettings):
    """``XIETONG_REGION``, ``XIETONG_LANG`` (zh or en), ``XIETONG_HOST``, ``XIETONG_PORT``, ``XIETONG_JOBS``."""

    model_config = SettingsConfigDict(env_prefix="XIETONG_")

    region: str = "jjj"
    lang: str = ""
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    jobs: int = Field(4, ge=1, le=64)

    @property
    def language(self) -> str:
        """The language of the command line: ``XIETONG_LANG``, else that of the machine."""
        if self.lang in ("zh", "en"):
            return self.lang
        return "zh" if (locale.getlocale()[0] or "").startswith("zh") else "en"


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = [Fault(f"{one['input']!r}: {one['msg']}", "Mend or unset the variable.", f"XIETONG_{one['loc'][0]}".upper()) for one in error.errors()]
        raise UsageError("a setting is wrong", wrong) from None
