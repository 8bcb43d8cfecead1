"""uvicorn, saying `open` on stdout once it listens, as the other servers do. Nothing else differs from its own command line."""

import sys

import uvicorn
from uvicorn.main import main


class Announced(uvicorn.Server):
    async def startup(self, sockets: list | None = None) -> None:
        await super().startup(sockets)
        print("open", flush=True)


if __name__ == "__main__":
    sys.path.insert(0, "")
    sys.modules["uvicorn.main"].Server = Announced  # `uvicorn.main` itself is its command line
    main([*sys.argv[1:], "--log-level", "warning"])
