"""A real redis-server of a test's own, on a socket, that can be killed, started again and flushed."""

import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Self

import pytest
from redis import Redis


class RedisServer:
    """Keeps nothing on disk. Where redis-server is not installed the test is left out, in CI it fails."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "redis.sock"
        self.url = f"unix://{self._path}"
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> Self:
        program = shutil.which("redis-server")
        if program is None:
            if os.environ.get("CI") == "true":
                pytest.fail("redis-server is missing")
            pytest.skip("redis-server is not installed")
        arguments = [program, "--port", "0", "--unixsocket", str(self._path), "--save", ""]
        self._process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert any("ready to accept connections" in line.lower() for line in self._process.stdout)
        return self

    def flush(self) -> None:
        with Redis.from_url(self.url) as client:
            client.flushall()

    def freeze(self) -> None:
        """It is there, and says nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        if self._process is not None:
            self.thaw()
            self._process.terminate()
            self._process.wait(10)
