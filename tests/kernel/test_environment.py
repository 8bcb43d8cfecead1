"""The settings as an environment gives them: what is wrong is refused with a sentence that names it, and shows no password."""

from pathlib import Path

import pytest

from server.kernel.settings import Settings, WrongSetting, from_environment

KEY = "k" * 32
PROVIDER = "https://user:password@provider.example/Messages.json?from=%2B15005550006"


def read(**env: str) -> Settings:
    return from_environment({"FUURO_SECRET_KEY": KEY, **env})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FUURO_ORIGINS", "http://[x"),
        ("FUURO_ORIGINS", ","),
        ("FUURO_ORIGINS", "https://user:secret@fuuro.example"),
        ("FUURO_ORIGINS", "https://fuuro.example:99999"),
        ("FUURO_ORIGINS", "https://fuuro.example:"),
        ("FUURO_ORIGINS", "https://:8000"),
        ("FUURO_ORIGINS", "https://fuuro.example/#part"),
        ("FUURO_SMS_URL", "http://[x"),
        ("FUURO_PHOTOS_URL", "s3://[x"),
        ("FUURO_PHOTOS_URL", "s3://"),
        ("FUURO_PHOTOS_URL", "file://folder"),
        ("FUURO_PHOTOS_URL", "file://"),
        ("REDIS_URL", "redis://user:secret@127.0.0.1:99999/0"),
        ("REDIS_URL", "redis://127.0.0.1/abc"),
        ("REDIS_URL", "unix://"),
        ("FUURO_PROXIES", "*"),
        ("FUURO_PROXIES", ","),
        ("FUURO_PROXIES", "10.0.0.0/33"),
        ("FUURO_PROXIES", "127.0.0.1,proxy.example"),
    ],
)
def test_a_wrong_value_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(WrongSetting, match=name) as wrong:
        read(**{"FUURO_SMS_URL": PROVIDER, name: value})
    assert name == "FUURO_ORIGINS" or "secret" not in str(wrong.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REDIS_URL", "redis://:password@redis:6379/3"),
        ("REDIS_URL", "redis://redis"),
        ("REDIS_URL", "unix:///run/redis.sock"),
        ("FUURO_PHOTOS_URL", "s3://bucket"),
        ("FUURO_PHOTOS_URL", "file:///var/photos"),
    ],
)
def test_what_is_right_is_taken_as_it_is(name: str, value: str) -> None:
    settings = read(**{name: value})
    assert value in (settings.redis_url, settings.photos_url)


def test_pages_of_this_machine_may_open_sockets_under_each_of_its_names() -> None:
    assert read(FUURO_PORT="8110").origins == {
        "http://localhost:8110",
        "http://127.0.0.1:8110",
        "http://[::1]:8110",
    }


@pytest.mark.parametrize(
    "env", [{"FUURO_HOST": "0.0.0.0"}, {"FUURO_ORIGINS": "http://localhost:8000,https://fuuro.example"}]
)
def test_a_house_that_is_open_to_others_is_known_as_such(env: dict[str, str]) -> None:
    assert read(**env).at_home is False
    assert read().at_home is True


def test_texts_stay_in_the_house_only_where_it_listens_to_itself_and_has_no_provider() -> None:
    assert read().development_inbox is True
    assert read(FUURO_HOST="0.0.0.0").development_inbox is False
    assert read(FUURO_SMS_URL=PROVIDER).development_inbox is False


def test_proxies_are_addresses_and_networks() -> None:
    assert read().proxies == ("127.0.0.1/32", "::1/128")
    assert read(FUURO_PROXIES=" 10.0.0.5, 172.16.3.4/12").proxies == ("10.0.0.5/32", "172.16.0.0/12")


def test_a_damaged_key_is_restored_not_thrown_away(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_bytes(b"\xff short")
    with pytest.raises(WrongSetting, match="secret_key is damaged: restore it from your backup"):
        from_environment({"FUURO_DATA": str(tmp_path)})
    assert (tmp_path / "secret_key").read_bytes() == b"\xff short"


def test_a_key_is_made_once(tmp_path: Path) -> None:
    first = from_environment({"FUURO_DATA": str(tmp_path)}).secret_key
    assert len(first) >= 32
    assert from_environment({"FUURO_DATA": str(tmp_path)}).secret_key == first
