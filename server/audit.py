"""`python -m server audit`: what the house shows, counted anew from source rows; what differs, one line each. It changes nothing."""

import sys
from typing import Any

from msgspec import Struct

from server.app import CONSUMERS, JOB_KINDS
from server.kernel import belonging, migrations, queries
from server.kernel.crypto import Keyring
from server.kernel.database import Database
from server.kernel.settings import Settings
from server.kernel.work import Work

CHECKS = {
    "seq": queries.load("message").drift_seq,
    "unread": queries.load("message").drift_unread,
    "seals": queries.load("message").drift_seals,
    "overlaps": queries.load("booking").drift_overlaps,
    "steps": queries.load("booking").drift_steps,
    "waits": queries.load("booking").drift_waits,
    "portraits": queries.load("portfolio").drift_portraits,
    "nearest": queries.load("portfolio_search").drift_nearest,
    "radar": queries.load("trust").drift_radar,
    "records": queries.load("trust").drift_records,
    "deliveries": queries.load("kernel").drift_deliveries,
}
"""What is checked, and the statement of the context that owns it: each row of its answer is one `line` of drift."""
INSTANT = queries.load("kernel").one_instant


class Drift(Struct, frozen=True):
    line: str


async def audit(settings: Settings, conninfo: str) -> None:
    """Prints the drift; ends with 1 where there is any."""
    await migrations.check(conninfo)
    await belonging.compare(conninfo, Keyring(settings.secret_key))
    found = await drift(conninfo)
    for check, line in found:
        print(f"{check}\t{line}")
    print(f"{len(CHECKS)} checks, {len(found)} differences", file=sys.stderr)
    if found:
        sys.exit(1)


async def drift(conninfo: str) -> list[tuple[str, str]]:
    """Check and line of every difference, all of one instant: a house that serves meanwhile does not blur it."""
    pairs = [(consumer, kind) for kind, consumers in CONSUMERS.items() for consumer in consumers]
    values: dict[str, dict[str, Any]] = {
        "deliveries": {
            "consumers": [consumer for consumer, _ in pairs],
            "types": [kind for _, kind in pairs],
            "kinds": sorted(JOB_KINDS),
        }
    }
    database = Database(conninfo, size=2)
    await database.open()
    try:
        async with database.connection() as connection, connection.transaction():
            await connection.execute(INSTANT)
            work = Work(connection, {})
            return [
                (check, row.line)
                for check, query in CHECKS.items()
                for row in await work.all(query, Drift, **values.get(check, {}))
            ]
    finally:
        await database.close()
