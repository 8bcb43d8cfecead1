"""Where the embedded PostgreSQL lies, who may enter, and what it says where it cannot start."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from server.kernel import places
from server.kernel.embedded import PROGRAMS, EmbeddedFailed, EmbeddedPostgres
from tests.kernel.clusters import ROOTED, data, folder, hold, kept, leave, opened, write
from tests.tools import guardian
from tests.tools.processes import ROOT, appears, names, python

pytestmark = pytest.mark.slow
__all__ = ["data", "folder"]


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


@pytest.mark.skipif(
    not ROOTED, reason="only root makes users, and only started by root does PostgreSQL need one of its own"
)
def test_first_starts_at_the_same_time_make_one_user() -> None:
    name = f"fuuro-test-{os.getpid()}"
    program = (
        f"from server.kernel import places; places.SYSTEM_USER = {name!r}; input(); print(places._system_user().pw_uid)"
    )
    starts = [
        subprocess.Popen(
            [sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(6)
    ]
    try:
        for start in starts:
            assert start.stdin is not None
            print("go", file=start.stdin, flush=True)
        numbers = {start.communicate()[0] for start in starts}
        assert numbers == {f"{pwd.getpwnam(name).pw_uid}\n"}
    finally:
        subprocess.run(["userdel", name], check=False)


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
