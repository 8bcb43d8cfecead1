"""The client's files, health and metrics."""

import mimetypes
from pathlib import Path
from typing import Any

from litestar import MediaType, Request, Response, get

from server.kernel import failures, queries, resources
from server.kernel.work import Work
from server.protocol.errors import Refusal, not_found
from server.web.answers import is_held
from server.web.house import House, from_loopback

SQL = queries.load("kernel")
OURS = ("api", "ws", "dev", "health", "metrics", "schema")
"""First parts of paths that are never a page of the client."""
HEADERS = {
    "content-security-policy": "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
    "img-src 'self' data: blob:; form-action 'self'; require-trusted-types-for 'script'; trusted-types fuuro",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-cache",
}
HELP = {
    "fuuro_sockets": "Sockets that are open at this process.",
    "fuuro_flushes_total": "Batches of messages that this process has written.",
    "fuuro_messages_total": "Messages that this process has written.",
    "fuuro_messages_refused_total": "Messages that this process has refused because they could not be written just then.",
    "fuuro_deliveries_waiting": "Deliveries of events that wait, of the whole house.",
    "fuuro_jobs_waiting": "Jobs that wait, of the whole house.",
    "fuuro_dead_letters": "What nobody will deliver any more, of the whole house.",
}
TYPES = {".webmanifest": "application/manifest+json", ".js": "text/javascript", ".svg": "image/svg+xml"}


@get(["/", "/{path:path}"], include_in_schema=False)
async def page(request: Request[Any, Any, Any], path: str = "/") -> Response[bytes]:
    """A file of `static/`; the operator's page; for every other path the client itself, which knows its own pages."""
    name = path.strip("/")
    if name.split("/")[0] in OURS:
        raise not_found()
    root = resources.static().resolve()
    file = _file(root, name)
    if file is None:
        if Path(name).suffix:
            raise not_found()
        file = root / ("operator.html" if name == "operator" else "index.html")
    stat = file.stat()
    etag = f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'
    headers = HEADERS | {"etag": etag}
    if is_held(request, etag):
        return Response(b"", status_code=304, headers=headers)
    kind = TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return Response(file.read_bytes(), media_type=kind, headers=headers)


def _file(root: Path, name: str) -> Path | None:
    """None for what is not there, and for what no file can be called."""
    try:
        file = (root / name).resolve()
        return file if file.is_relative_to(root) and file.is_file() else None
    except (OSError, ValueError):
        return None


@get("/health/live", media_type=MediaType.TEXT)
async def live() -> str:
    """The process answers."""
    return "ok"


@get("/health/ready", media_type=MediaType.TEXT)
async def ready(house: House) -> str:
    """The database answers too."""
    try:
        async with house.database.connection() as connection:
            await Work(connection, {}).moment()
    except failures.GONE:
        raise Refusal("unavailable", retry_after=1) from None
    return "ok"


@get("/metrics", media_type=MediaType.TEXT)
async def metrics(request: Request[Any, Any, Any], house: House) -> str:
    """Prometheus' text format; for loopback, or for all by FUURO_METRICS_OPEN=1. `fuuro_dead_letters` is the one that wakes people."""
    if not house.settings.metrics_open and not from_loopback(request):
        raise not_found()
    async with house.database.connection() as connection:
        work = Work(connection, {})
        backlog = {
            "fuuro_deliveries_waiting": await work.value(SQL.deliveries_waiting),
            "fuuro_jobs_waiting": await work.value(SQL.jobs_waiting),
            "fuuro_dead_letters": await work.value(SQL.dead_count),
        }
    return "".join(_metric(name, value) for name, value in (house.gauges() | backlog).items())


def _metric(name: str, value: float) -> str:
    kind = "counter" if name.endswith("_total") else "gauge"
    return f"# HELP {name} {HELP[name]}\n# TYPE {name} {kind}\n{name} {value}\n"


HANDLERS = [page, live, ready, metrics]
