"""`pip install .`, and then `fuuro` somewhere else: the wheel has all that it needs."""

import asyncio
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from server.kernel import resources
from tests.tools import guardian
from tests.tools.house import House, Person
from tests.tools.processes import ROOT, names

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built by pip as `pip install .` builds it, from a copy, since a build leaves its traces."""
    source = tmp_path_factory.mktemp("source") / "fuuro"
    kept = ("server", "sql", "static", "pyproject.toml", "README.md", "LICENSE")
    source.mkdir()
    for name in kept:
        place = ROOT / name
        if place.is_dir():
            shutil.copytree(place, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(place, source / name)
    arguments = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(source), str(source)]
    built = subprocess.run(arguments, cwd=source, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr[-2000:]
    (packed,) = source.glob("fuuro-*.whl")
    return packed


@pytest.fixture(scope="module")
def fuuro(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command, in an environment of its own that borrows the dependencies of this one."""
    place = tmp_path_factory.mktemp("installed")
    venv.create(place, with_pip=False)
    (site,) = place.glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
        (entry,) = [n for n in packed.namelist() if n.endswith("entry_points.txt")]
        assert "fuuro = server.__main__:main" in packed.read(entry).decode()
    borrowed = next(p for p in sys.path if p.endswith("site-packages"))
    (site / "borrowed.pth").write_text(borrowed + "\n")
    command = place / "bin" / "fuuro"
    command.write_text(f"#!{place}/bin/python\nfrom server.__main__ import main\nmain()\n")
    command.chmod(0o755)
    return command


@pytest.fixture
def elsewhere(folder: Path) -> Path:
    guardian.watch_cluster(folder / "data")
    return folder


def test_the_wheel_has_every_file_of_sql_and_static_and_every_package(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        inside = set(packed.namelist())
    wanted = {f"server/{place.relative_to(ROOT)}" for place in (ROOT / "sql").rglob("*.sql")}
    wanted |= {f"server/{place.relative_to(ROOT)}" for place in (ROOT / "static").rglob("*") if place.is_file()}
    wanted |= {str(place.relative_to(ROOT)) for place in (ROOT / "server").rglob("*.py")}
    assert wanted - inside == set()
    assert not any(name.startswith(("tests/", "loadtests/")) for name in inside)


async def test_it_serves_outside_a_checkout_and_people_can_sign_in(fuuro: Path, elsewhere: Path) -> None:
    house = House(elsewhere / "data")
    house.program = [str(fuuro)]
    house.folder = elsewhere
    house.env = {name: value for name, value in house.env.items() if name != "PYTHONPATH"}
    where = subprocess.run(
        [str(fuuro.parent / "python"), "-c", "import server; print(server.__file__)"],
        cwd=elsewhere,
        env=house.env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(where.stdout.strip()).is_relative_to(fuuro.parents[1]), "not the checkout"
    await asyncio.to_thread(house.start)
    cast = await Person(house).register("cast", "紗夜")
    async with cast.socket() as socket:
        assert socket.opened["account"]["id"] == cast.id
    page = await cast.http.get("/")
    assert page.text == (resources.static() / "index.html").read_text()
    await cast.http.aclose()
    assert await asyncio.to_thread(house.stop) == 0
    assert names(elsewhere / "data") == []
    assert os.listdir(elsewhere / "data")
