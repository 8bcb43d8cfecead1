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


@pytest.mark.parametrize("path", ["/", "/health/live", "/health/ready", "/api/tags"])
async def test_a_head_is_the_get_without_its_body(house: House, path: str) -> None:
    async with httpx.AsyncClient(base_url=house.url) as anybody:
        whole, head = await anybody.get(path), await anybody.head(path)
        again = await anybody.get("/health/live")
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "content-length", "etag"):
        assert head.headers.get(name) == whole.headers.get(name)
    assert again.text == "ok", "on the same connection"


@pytest.mark.parametrize("path", ["/", "/api/tags"])
async def test_whoever_has_it_need_not_load_it_again(house: House, path: str) -> None:
    async with httpx.AsyncClient(base_url=house.url) as anybody:
        etag = (await anybody.get(path)).headers["etag"]
        for said, status in ((etag, 304), (f'"x", W/{etag}', 304), ("*", 304), ('"x"', 200)):
            assert (await anybody.get(path, headers={"if-none-match": said})).status_code == status


@pytest.mark.parametrize(
    "path", ["/none.css", "/css/%00.css", "/" + "a" * 300 + ".js", "/..%2fpyproject.toml", "/api/%00"]
)
async def test_a_file_that_is_not_there_is_not_found(house: House, path: str) -> None:
    async with httpx.AsyncClient(base_url=house.url) as anybody:
        answer = await anybody.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
