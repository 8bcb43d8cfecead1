"""Where `sql/` and `static/` lie: beside the package in a checkout, inside it in the wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def sql() -> Path:
    return _folder("sql")


def static() -> Path:
    return _folder("static")


def _folder(name: str) -> Path:
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name
