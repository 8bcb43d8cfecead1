"""Figures are kept as JSON, so that charts can be drawn of them and runs compared."""

import argparse
import json
from typing import Any

import msgspec


def keep(arguments: argparse.Namespace, measure: str, **figures: Any) -> None:
    """Writes them into the file of `--json`, if there is one."""
    if arguments.json:
        data = msgspec.to_builtins({"measure": measure, **figures})
        arguments.json.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n")
