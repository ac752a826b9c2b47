"""Write docs/openapi.json from the running declarations; a test says when the file has drifted."""

import json
from pathlib import Path

from xietong.app.api import create_app

TARGET = Path(__file__).resolve().parents[1] / "docs" / "openapi.json"


def text() -> str:
    """The API's description as it is committed."""
    return json.dumps(create_app().openapi(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
    print(f"wrote {TARGET}")
