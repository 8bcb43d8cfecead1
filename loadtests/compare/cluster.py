"""The cluster of a comparison: Fuuro's embedded PostgreSQL, which also listens on a loopback address of its own, for servers that know no
unix sockets. There it wants a password, and only roles of `House.by_password` have one; nothing else differs."""

import random
import socket
from pathlib import Path

from server.kernel.embedded import EmbeddedPostgres
from server.kernel.postmaster import PORT

RULES = "local all all trust\nhost all all 127.0.0.0/8 scram-sha-256\n"


class Cluster(EmbeddedPostgres):
    """`address` is where it listens, on PORT; empty where another server has that port of every address."""

    def __init__(self, data: Path) -> None:
        super().__init__(data)
        self._rules = data.parent / "hba.conf"
        self._rules.write_text(RULES)
        self._rules.chmod(0o644)  # PostgreSQL may run as another user
        self.address = _free_address()

    def _options(self) -> list[str]:
        return [*super()._options(), f"--listen_addresses={self.address}", f"--hba_file={self._rules}"]


def _free_address() -> str:
    """All of 127.0.0.0/8 is this machine (Linux), so that the PORT of another PostgreSQL here is not in the way."""
    address = f"127.{random.randint(1, 254)}.{random.randint(1, 254)}.{random.randint(1, 254)}"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, PORT))
        except OSError:
            return ""
    return address
