"""Whose the embedded PostgreSQL is, what it may enter, and where its socket lies."""

import fcntl
import hashlib
import logging
import os
import pwd
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

log = logging.getLogger("fuuro")
SYSTEM_USER = "fuuro-postgres"
SOCKET_BYTES = 90
"""bytes of a folder's name; the system allows 107 for the whole name, of which `/.s.PGSQL.5432` takes 14."""


class EmbeddedFailed(Exception):
    """A sentence that says what stands in the way, and where the log is."""


def owner(cluster: Path) -> pwd.struct_passwd | None:
    """Who runs the server where we are root: who owns the cluster already, else a user made for it, since PostgreSQL refuses to be
    root. None: ourselves. Raises EmbeddedFailed."""
    uid = cluster.stat().st_uid if _is_folder(cluster) else None
    if os.geteuid() != 0:
        if uid not in (None, os.geteuid()):
            raise EmbeddedFailed(
                f"{cluster} belongs to another user: start Fuuro as that user, or choose another FUURO_DATA."
            )
        return None
    if uid:
        try:
            return pwd.getpwuid(uid)
        except KeyError:
            raise EmbeddedFailed(f"{cluster} belongs to user {uid}, whom this system does not know.") from None
    return _system_user()


def let_pass(folder: Path, user: pwd.struct_passwd) -> None:
    """Lets `user` pass through (not list) `folder` and what is above it, where the way is barred: the last one by its group if
    it is root's alone, one above by the one bit it takes, and a word in the log. What can be passed already stays as it is."""
    for place in (folder, *folder.parents):
        found = place.stat()
        mode = stat.S_IMODE(found.st_mode)
        if mode & stat.S_IXOTH or (found.st_gid == user.pw_gid and mode & stat.S_IXGRP) or found.st_uid == user.pw_uid:
            continue
        if place == folder and found.st_uid == found.st_gid == 0:
            os.chown(place, -1, user.pw_gid)
            place.chmod((mode & ~0o070) | stat.S_IXGRP)
        else:
            log.warning(
                "%s may now be passed through (not read) by others: PostgreSQL, which cannot be root, lies below", place
            )
            place.chmod(mode | stat.S_IXOTH)


def sockets(cluster: Path, user: pwd.struct_passwd | None) -> Path:
    """The cluster itself; where its name is too long for a socket, or has a comma, which separates names of hosts, a folder of
    its own in the system's folder for passing things. Raises EmbeddedFailed."""
    if len(os.fsencode(cluster)) <= SOCKET_BYTES and "," not in str(cluster):
        return cluster
    uid = os.geteuid() if user is None else user.pw_uid
    name = hashlib.sha256(os.fsencode(cluster)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"fuuro-{name}"
    try:
        folder.mkdir(mode=0o700)
        if user is not None:
            os.chown(folder, uid, user.pw_gid)
    except FileExistsError:
        pass
    found = folder.lstat()  # Not what a link of somebody else leads to.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or stat.S_IMODE(found.st_mode) & 0o077:
        raise EmbeddedFailed(f"{folder} belongs to somebody else: choose a shorter FUURO_DATA.")
    return folder


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _system_user() -> pwd.struct_passwd:
    """Made by whoever comes first; who comes meanwhile waits. Two `useradd` at once would give the name two numbers, one after the other."""
    if (found := _known(SYSTEM_USER)) is not None:
        return found
    with _turn():
        if _known(SYSTEM_USER) is None:
            _add_system_user()
    if (made := _known(SYSTEM_USER)) is not None:
        return made
    raise EmbeddedFailed(
        f"PostgreSQL cannot run as root, and the user {SYSTEM_USER} could not be made: start Fuuro as an ordinary user, or set DATABASE_URL."
    )


def _known(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


@contextmanager
def _turn() -> Iterator[None]:
    """One process of this machine at a time, by a lock on the folder of its users."""
    folder = os.open("/etc", os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _add_system_user() -> None:
    arguments = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    try:
        added = subprocess.run(arguments, capture_output=True, text=True, check=False)
    except OSError as error:
        log.warning("%s", error)
    else:
        if added.returncode:
            log.warning("%s", added.stderr.strip())
