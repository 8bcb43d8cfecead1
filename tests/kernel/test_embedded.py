"""The embedded PostgreSQL: started, shared, killed. Whatever was committed is there, and whoever comes next gets in."""

import fcntl
import os
import signal
import subprocess
from pathlib import Path

import pytest

from server.kernel.embedded import EmbeddedFailed, EmbeddedPostgres
from tests.kernel.clusters import ROOTED, data, end, folder, hold, kept, leave, opened, say, write
from tests.tools.processes import alive, gone, postmaster, python

pytestmark = pytest.mark.slow
__all__ = ["data", "folder"]


def test_it_starts_on_nothing_and_leaves_nothing_running(data: Path) -> None:
    embedded = EmbeddedPostgres(data)
    conninfo = embedded.start()
    assert say(
        conninfo, "select current_database(), current_setting('fsync'), current_setting('synchronous_commit')"
    ) == [("fuuro", "on", "on")]
    assert say(conninfo, "select datlocprovider, datlocale from pg_database where datname = 'fuuro'") == [
        ("b", "C.UTF-8")
    ]
    assert say(conninfo, "show listen_addresses") == [("",)]
    pid = postmaster(data)
    assert embedded.alive()
    embedded.stop()
    assert not alive(pid)
    assert not embedded.alive()
    assert not (data / "postgres" / "postmaster.pid").exists()


def test_the_second_attaches_and_the_last_to_leave_stops_it(data: Path) -> None:
    first = EmbeddedPostgres(data)
    first.start()
    pid = postmaster(data)
    second = hold(data)
    assert "fuuro" in opened(second)
    assert postmaster(data) == pid
    first.stop()
    assert alive(pid), "somebody still uses it"
    leave(second)
    assert not alive(pid)


def test_two_that_start_at_once_on_nothing_share_one_server(data: Path) -> None:
    holders = [hold(data) for _ in range(3)]
    conninfos = {opened(holder) for holder in holders}
    assert len(conninfos) == 1
    assert say(conninfos.pop(), "select count(*) from pg_database where datname = 'fuuro'") == [(1,)]
    pid = postmaster(data)
    for holder in holders:
        leave(holder)
    assert not alive(pid)


def test_data_survive_a_killed_owner_and_the_next_attaches(data: Path) -> None:
    owner = hold(data)
    write(opened(owner))
    pid = postmaster(data)
    owner.kill()
    owner.wait()
    assert alive(pid)
    embedded = EmbeddedPostgres(data)
    assert kept(embedded.start()) == [("封蝋",)]
    assert postmaster(data) == pid, "attached"
    embedded.stop()
    assert not alive(pid), "and whoever attached last stops it"


def test_data_survive_a_killed_postmaster(data: Path) -> None:
    embedded = EmbeddedPostgres(data)
    write(embedded.start())
    for _ in range(2):
        end(postmaster(data))
        assert not embedded.alive()
        assert kept(embedded.start()) == [("封蝋",)]
    embedded.stop()


def test_data_survive_when_both_are_killed_at_once(data: Path) -> None:
    owner = hold(data)
    write(opened(owner))
    pid = postmaster(data)
    os.kill(pid, signal.SIGKILL)
    owner.kill()
    owner.wait()
    embedded = EmbeddedPostgres(data)
    assert kept(embedded.start()) == [("封蝋",)]
    embedded.stop()


def test_a_server_that_is_still_recovering_is_waited_for(data: Path) -> None:
    """Its starter was killed before it was ready: nobody launches a second one beside it."""
    embedded = EmbeddedPostgres(data)
    write(embedded.start())
    pid = postmaster(data)
    os.kill(pid, signal.SIGSTOP)
    other = hold(data)
    os.kill(pid, signal.SIGCONT)
    assert opened(other)
    assert postmaster(data) == pid
    leave(other)
    embedded.stop()


@pytest.mark.parametrize("whose", ["dead", "another", "nobody", "nonsense"])
def test_a_stale_lock_file_does_not_keep_it_from_starting(data: Path, whose: str) -> None:
    """Both of PostgreSQL's lock files, the data's and the socket's, name a process that is dead, or one that has the number now, or
    nobody: made and not yet written when the server was killed."""
    owner = hold(data)
    write(opened(owner))
    files = [data / "postgres" / "postmaster.pid", data / "postgres" / ".s.PGSQL.5432.lock"]
    assert all(file.exists() for file in files)
    dead = postmaster(data)
    user = (data / "postgres").stat().st_uid
    owner.kill()
    owner.wait()
    end(dead)
    with subprocess.Popen(["sleep", "1000"], cwd="/", user=user if ROOTED else None) as stranger:
        number = {"dead": str(dead), "another": str(stranger.pid), "nobody": "", "nonsense": "nonsense"}[whose]
        for file in files:
            if whose != "nonsense" or file.name == "postmaster.pid":
                rest = file.read_text().split("\n")[1:] if number else []
                file.write_text("\n".join([number, *rest]))
        embedded = EmbeddedPostgres(data)
        try:
            if whose == "nonsense":
                with pytest.raises(EmbeddedFailed, match="bogus data in lock file"):
                    embedded.start()
            else:
                assert kept(embedded.start()) == [("封蝋",)]
            assert stranger.poll() is None, "and the stranger is left alone"
        finally:
            embedded.stop()
            stranger.kill()


def test_who_stops_while_another_starts_does_not_wait_for_it(data: Path) -> None:
    embedded = EmbeddedPostgres(data)
    embedded.start()
    pid = postmaster(data)
    with open(data / "postgres.lock", "w") as lock, open(data / "postgres.users", "w") as users:
        fcntl.flock(lock, fcntl.LOCK_EX)
        fcntl.flock(users, fcntl.LOCK_SH)
        embedded.stop(0.2)
        assert alive(pid), "the other one will stop it"
    after = EmbeddedPostgres(data)
    after.start()
    after.stop()
    assert not alive(pid)


def test_a_server_that_takes_too_long_to_stop_is_ended_and_recovers(data: Path) -> None:
    embedded = EmbeddedPostgres(data)
    conninfo = embedded.start()
    write(conninfo)
    pid = postmaster(data)
    os.kill(pid, signal.SIGSTOP)
    embedded.stop(1.0)
    assert not alive(pid)
    again = EmbeddedPostgres(data)
    assert kept(again.start()) == [("封蝋",)]
    again.stop()


def test_a_killed_test_run_leaves_no_server_behind(folder: Path) -> None:
    code = """
import os, sys, signal
from pathlib import Path
from server.kernel.embedded import EmbeddedPostgres
from tests.tools import guardian
guardian.watch_cluster(Path(sys.argv[1]))
EmbeddedPostgres(Path(sys.argv[1])).start()
print((Path(sys.argv[1]) / "postgres" / "postmaster.pid").read_text().split()[0], flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    ran = python(code, str(folder / "data"))
    assert ran.returncode == -signal.SIGKILL, ran.stderr
    assert gone(int(ran.stdout))
