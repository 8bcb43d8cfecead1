"""Litestar routes that answer bytes from memory: what the framework allows a read that asks nobody. ANSWERS is the folder of these bytes."""

import os
from pathlib import Path

from litestar import Litestar, Response, get

ANSWERS = {file.name: file.read_bytes() for file in Path(os.environ["ANSWERS"]).iterdir()}


@get("/{name:str}")
async def static(name: str) -> Response[bytes]:
    return Response(ANSWERS[name], media_type="application/json")


app = Litestar([static])
