"""The embedded PostgreSQL: started, shared, killed, misled. Whatever was committed is there, and whoever comes next gets in or hears why not."""

import fcntl
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from server.kernel import places
from server.kernel.embedded import EmbeddedFailed, EmbeddedPostgres
from tests.tools import guardian
from tests.tools.processes import PROGRAMS, ROOT, alive, appears, gone, names, postmaster, python

pytestmark = pytest.mark.slow

ROOTED = os.geteuid() == 0
HOLDER = """
import signal, sys
from pathlib import Path
from server.kernel.embedded import EmbeddedPostgres
embedded = EmbeddedPostgres(Path(sys.argv[1]))
print(embedded.start(), flush=True)
sys.stdin.read()
embedded.stop()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="fuuro-"))
    path.chmod(0o755)
    guardian.watch_cluster(path / "data")
    yield path
    with suppress(OSError, ValueError):
        os.kill(postmaster(path / "data"), signal.SIGQUIT)
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def data(folder: Path) -> Path:
    return folder / "data"


def say(conninfo: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        cursor = connection.execute(query.encode())
        return cursor.fetchall() if cursor.description else []


def write(conninfo: str) -> None:
    say(conninfo, "create table kept (word text)")
    say(conninfo, "insert into kept values ('封蝋')")


def kept(conninfo: str) -> list[tuple[object, ...]]:
    return say(conninfo, "select word from kept")


def hold(data: Path) -> "subprocess.Popen[str]":
    """Another process that starts or attaches, and stays until its input ends."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(data)],
        cwd=ROOT,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def opened(holder: "subprocess.Popen[str]") -> str:
    assert holder.stdout is not None
    return holder.stdout.readline().strip()


def leave(holder: "subprocess.Popen[str]") -> None:
    assert holder.stdin is not None
    holder.stdin.close()
    assert holder.wait(60) == 0


def end(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    assert gone(pid)


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


@pytest.mark.parametrize("whose", ["dead", "another", "nonsense"])
def test_a_stale_lock_file_does_not_keep_it_from_starting(data: Path, whose: str) -> None:
    """Both of PostgreSQL's lock files, the data's and the socket's, name a process that is dead, or one that has the number now."""
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
        number = {"dead": str(dead), "another": str(stranger.pid), "nonsense": "nonsense"}[whose]
        for file in files:
            if whose != "nonsense" or file.name == "postmaster.pid":
                file.write_text("\n".join([number, *file.read_text().split("\n")[1:]]))
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


@pytest.mark.parametrize(
    "name",
    ["with a space", "夜の手紙", "封" * 40, "a,b", 'quo"te', "x" * 120, "深い/" + "y" * 90],
    ids=["space", "japanese", "long in bytes", "comma", "quote", "long", "deep"],
)
def test_any_path_will_do(folder: Path, name: str) -> None:
    data = folder / name
    guardian.watch_cluster(data)
    embedded = EmbeddedPostgres(data)
    write(embedded.start())
    second = hold(data)
    assert kept(opened(second)) == [("封蝋",)]
    leave(second)
    embedded.stop()
    assert names(data) == []


def test_the_folder_for_long_paths_is_not_taken_from_somebody_else(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link that waits under its name in the shared folder would have us give away whatever it leads to."""
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    cluster = folder / ("x" * 120) / "postgres"
    user = places.owner(cluster)
    place = places.sockets(cluster, user)
    assert places.sockets(cluster, user) == place, "the next one finds it"
    place.rmdir()
    victim = folder / "victim"
    victim.mkdir()
    before = victim.stat()
    place.symlink_to(victim)
    with pytest.raises(EmbeddedFailed, match="belongs to somebody else"):
        places.sockets(cluster, user)
    assert victim.stat() == before


def test_nobody_but_the_owner_can_enter_and_what_lies_above_stays_as_it_is(folder: Path) -> None:
    above = folder / "above"
    above.mkdir(mode=0o711)
    above.chmod(0o711)
    modes = {place: place.stat() for place in above.parents}
    embedded = EmbeddedPostgres(above / "data")
    conninfo = embedded.start()
    try:
        assert stat.S_IMODE((above / "data").stat().st_mode) & 0o067 == 0, "at most PostgreSQL's own group passes"
        assert stat.S_IMODE((above / "data" / "postgres").stat().st_mode) == 0o700
        assert stat.S_IMODE((above / "data" / "postgres.log").stat().st_mode) & 0o077 == 0
        assert stat.S_IMODE(above.stat().st_mode) == 0o711
        assert {p: p.stat().st_mode for p in above.parents} == {p: s.st_mode for p, s in modes.items()}
        if ROOTED:
            tried = python(f"psycopg.connect({conninfo!r})", user="nobody")
            assert "Permission denied" in tried.stderr
    finally:
        embedded.stop()


@pytest.mark.skipif(not ROOTED, reason="only root can become somebody else")
def test_an_ordinary_user_runs_it_as_well(folder: Path) -> None:
    shutil.chown(folder, "nobody")
    code = """
embedded = EmbeddedPostgres(Path(sys.argv[1]))
conninfo = embedded.start()
print(os.geteuid(), psycopg.connect(conninfo).execute("select 1").fetchone())
embedded.stop()
"""
    ran = python(code, str(folder / "data"), user="nobody")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split()[0] == str(folder.stat().st_uid)
    assert (folder / "data" / "postgres").stat().st_uid == folder.stat().st_uid
    assert stat.S_IMODE((folder / "data").stat().st_mode) == 0o700
    assert names(folder) == []
    embedded = EmbeddedPostgres(folder / "data")
    embedded.start()  # Root afterwards: as the owner of the cluster, whom it leaves in possession.
    embedded.stop()
    assert (folder / "data" / "postgres").stat().st_uid == folder.stat().st_uid


@pytest.mark.skipif(not ROOTED, reason="only root can become somebody else")
def test_data_of_another_user_are_refused_with_a_sentence(data: Path) -> None:
    embedded = EmbeddedPostgres(data)
    embedded.start()
    embedded.stop()
    data.chmod(0o755)
    ran = python("EmbeddedPostgres(Path(sys.argv[1])).start()", str(data), user="nobody")
    assert "belongs to another user: start Fuuro as that user, or choose another FUURO_DATA." in ran.stderr


def test_a_server_of_somebody_else_on_the_data_is_neither_used_nor_stopped(data: Path, folder: Path) -> None:
    embedded = EmbeddedPostgres(data)
    embedded.start()
    embedded.stop()
    sockets = folder / "elsewhere"
    sockets.mkdir()
    owner = (data / "postgres").stat()
    os.chown(sockets, owner.st_uid, -1)
    who: dict[str, Any] = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if ROOTED else {}
    arguments = [
        str(PROGRAMS / "postgres"),
        "-D",
        str(data / "postgres"),
        "-k",
        str(sockets),
        "-c",
        "listen_addresses=",
    ]
    with open(folder / "log", "wb") as log:
        other = subprocess.Popen(arguments, stderr=log, cwd="/", **who)
    try:
        assert appears(sockets / ".s.PGSQL.5432")
        late = EmbeddedPostgres(data)
        with pytest.raises(EmbeddedFailed, match=f"Another PostgreSQL .process {other.pid}, .* runs on .*DATABASE_URL"):
            late.start()
        late.stop()
        assert other.poll() is None
    finally:
        other.send_signal(signal.SIGQUIT)
        other.wait(20)


def test_a_folder_that_cannot_be_written_is_named(folder: Path) -> None:
    """A file in its way stops root too, whom modes don't."""
    (folder / "file").write_text("")
    with pytest.raises(EmbeddedFailed, match="FUURO_DATA must be a folder that can be written"):
        EmbeddedPostgres(folder / "file" / "data").start()


def test_a_cluster_of_another_version_is_refused_at_once_with_the_reason(data: Path) -> None:
    embedded = EmbeddedPostgres(data)
    embedded.start()
    embedded.stop()
    (data / "postgres" / "PG_VERSION").write_text("15\n")
    late = EmbeddedPostgres(data)
    with pytest.raises(
        EmbeddedFailed, match=r"does not start; its log is .* database files are incompatible with server"
    ):
        late.start()
    late.stop()


def test_a_setup_without_room_fails_with_a_sentence_and_leaves_nothing_half_made(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk's end is played by a limit on the size of files, which PostgreSQL meets like a full disk."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
    embedded = EmbeddedPostgres(data)
    try:
        with pytest.raises(EmbeddedFailed, match="could not be set up in"):
            embedded.start()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        embedded.stop()
    assert list(data.glob("postgres.new.*")) == []
    assert not (data / "postgres").exists()
    again = EmbeddedPostgres(data)
    again.start()
    again.stop()


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
