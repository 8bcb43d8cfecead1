"""The client's files, and every path that is none of them."""

import httpx
import pytest

from tests.tools.house import House

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("path", ["/", "/rooms", "/%00", "/js/%00", "/js/" + "a" * 300, "/js", "/..%2f..%2fetc"])
async def test_a_path_that_no_file_has_is_the_clients_own(house: House, path: str) -> None:
    async with httpx.AsyncClient(base_url=house.url) as anybody:
        answer = await anybody.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    "path", ["/none.css", "/css/%00.css", "/" + "a" * 300 + ".js", "/..%2fpyproject.toml", "/api/%00"]
)
async def test_a_file_that_is_not_there_is_not_found(house: House, path: str) -> None:
    async with httpx.AsyncClient(base_url=house.url) as anybody:
        answer = await anybody.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
