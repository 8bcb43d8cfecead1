"""Which secret key a database belongs to: to the first that starts with it. With another one no account would be found by its number
again, and nothing that was sealed could be read."""

from server.kernel.crypto import Keyring
from server.kernel.migrations import DatabaseNotReady, connect

SENTENCE = (
    "This database belongs to another secret key: set its FUURO_SECRET_KEY, or restore the file secret_key in FUURO_DATA from your "
    "backup. With this one no account can be found again."
)


async def claim(conninfo: str, keyring: Keyring) -> None:
    """From now on the database belongs to this key. Raises DatabaseNotReady where it belongs to another."""
    async with await connect(conninfo, writes=True) as connection:
        cursor = await connection.execute(
            "update kernel.house set key_fingerprint = coalesce(key_fingerprint, %s) returning key_fingerprint",
            [keyring.fingerprint()],
        )
        _compare(await cursor.fetchone(), keyring)


async def compare(conninfo: str, keyring: Keyring) -> None:
    """The same, but it changes nothing: a database that belongs to no key yet stays so."""
    async with await connect(conninfo) as connection:
        cursor = await connection.execute("select key_fingerprint from kernel.house where key_fingerprint is not null")
        _compare(await cursor.fetchone(), keyring)


def _compare(kept: tuple[bytes, ...] | None, keyring: Keyring) -> None:
    if kept is not None and kept[0] != keyring.fingerprint():
        raise DatabaseNotReady(SENTENCE)
