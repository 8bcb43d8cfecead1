"""Settings, by environment alone. A wrong value stops the start with a sentence that names it."""

import ipaddress
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import psycopg
from msgspec import Struct
from psycopg.conninfo import conninfo_to_dict

ROLES: Final = frozenset({"gateway", "web", "worker"})
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class WrongSetting(Exception):
    """A sentence that names the setting and says what it takes."""


class Settings(Struct, frozen=True):
    """`limits` is the factor on scaled limits; `origins` the pages that may open a socket; `push_hosts` are further
    push services as "host:port"; `photos_url` is where photos are kept if not in `data`: s3://bucket/path, or file:///path;
    `proxies` are the addresses and networks whose word for a client's address and scheme is taken."""

    database_url: str | None
    redis_url: str | None
    host: str
    port: int
    data: Path
    secret_key: bytes
    time_zone: ZoneInfo
    origins: frozenset[str]
    sms_url: str | None
    limits: float
    roles: frozenset[str]
    push_hosts: frozenset[str]
    push_subject: str
    metrics_open: bool
    age_check: bool = False
    photos_url: str | None = None
    proxies: tuple[str, ...] = ("127.0.0.1/32", "::1/128")

    @property
    def on_loopback(self) -> bool:
        return self.host in LOOPBACK

    @property
    def at_home(self) -> bool:
        """Nobody is expected from outside, through a proxy neither."""
        return self.on_loopback and all(urlsplit(origin).hostname in LOOPBACK for origin in self.origins)

    @property
    def by_tls(self) -> bool:
        """Browsers come by https, be it that a proxy takes it off."""
        return any(origin.startswith("https:") for origin in self.origins)

    @property
    def development_inbox(self) -> bool:
        """Texts stay in the house: no provider, and only this machine is shown them."""
        return self.sms_url is None and self.on_loopback


def from_environment(env: Mapping[str, str] = os.environ) -> Settings:
    """The settings in `env`. Raises WrongSetting."""
    host = env.get("FUURO_HOST") or "127.0.0.1"
    port = _integer(env, "FUURO_PORT", 8000, 0, 65535)
    data = Path(env.get("FUURO_DATA") or ".data").absolute()
    limits = _factor(env, host)
    return Settings(
        database_url=_database(env),
        redis_url=_redis(env),
        host=host,
        port=port,
        data=data,
        secret_key=_secret(env, data),
        time_zone=_zone(env),
        origins=_origins(env, port),
        sms_url=_sms(env),
        limits=limits,
        roles=_roles(env),
        push_hosts=frozenset(h.strip() for h in env.get("FUURO_PUSH_HOSTS", "").split(",") if h.strip()),
        push_subject=env.get("FUURO_PUSH_SUBJECT") or "mailto:operator@localhost",
        metrics_open=env.get("FUURO_METRICS_OPEN", "") == "1",
        age_check=_switch(env, "FUURO_AGE_CHECK"),
        photos_url=_photos(env),
        proxies=_proxies(env),
    )


def _switch(env: Mapping[str, str], name: str) -> bool:
    text = env.get(name) or "0"
    if text not in {"0", "1"}:
        raise WrongSetting(f"{name} must be 0 or 1, not {text!r}.")
    return text == "1"


def _integer(env: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = env.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise WrongSetting(f"{name} must be a whole number from {least} to {most}, not {text!r}.")
    return int(text)


def _factor(env: Mapping[str, str], host: str) -> float:
    text = env.get("FUURO_LIMITS") or "1"
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 0 < factor <= 1e9:
        raise WrongSetting(f"FUURO_LIMITS must be a factor above 0, not {text!r}.")
    if factor > 1 and host not in LOOPBACK:
        raise WrongSetting(
            "FUURO_LIMITS above 1 takes the protection away: it is allowed only with FUURO_HOST on loopback."
        )
    return factor


def _database(env: Mapping[str, str]) -> str | None:
    """Any form that libpq reads. What is wrong with it is not repeated: there may be a password in it."""
    url = env.get("DATABASE_URL") or None
    if url is not None:
        try:
            conninfo_to_dict(url)
        except psycopg.Error:
            raise WrongSetting("DATABASE_URL must be an address like postgresql://user:password@host/name.") from None
    return url


def _redis(env: Mapping[str, str]) -> str | None:
    """Nothing of it is repeated where it is wrong: there may be a password in it."""
    url = env.get("REDIS_URL") or None
    if url is not None:
        parts = _parts(url)
        number = parts.path.strip("/")
        if parts.scheme not in {"redis", "rediss", "unix"}:
            raise WrongSetting("REDIS_URL must begin with redis://, rediss:// or unix://, and its port be one.")
        if parts.scheme == "unix" and not number:
            raise WrongSetting("REDIS_URL must name a socket after unix://, like unix:///run/redis.sock.")
        if parts.scheme != "unix" and number and not (number.isascii() and number.isdigit()):
            raise WrongSetting("REDIS_URL must end with the number of a database, like redis://host:6379/0.")
    return url


def _photos(env: Mapping[str, str]) -> str | None:
    url = env.get("FUURO_PHOTOS_URL") or None
    if url is not None:
        parts = _parts(url)
        whole = {"s3": bool(parts.netloc), "file": bool(parts.path) and not parts.netloc}
        if not whole.get(parts.scheme):
            raise WrongSetting("FUURO_PHOTOS_URL must be s3://bucket/path (keys by AWS_… variables) or file:///path.")
    return url


def _sms(env: Mapping[str, str]) -> str | None:
    url = env.get("FUURO_SMS_URL") or None
    if url is not None and _parts(url).scheme not in {"http", "https"}:
        raise WrongSetting("FUURO_SMS_URL must be an http(s) address of a provider, with user and password in it.")
    return url


def _origins(env: Mapping[str, str], port: int) -> frozenset[str]:
    hosts = ("localhost", "127.0.0.1", "[::1]")
    given = env.get("FUURO_ORIGINS") or ",".join(f"http://{host}:{port}" for host in hosts)
    origins = frozenset(_origin(text) for text in given.split(",") if text.strip())
    if not origins:
        raise WrongSetting("FUURO_ORIGINS takes at least one origin like https://example.org.")
    return origins


def _origin(text: str) -> str:
    parts = _parts(text.strip())
    rest = (parts.username, parts.password, parts.path.strip("/"), parts.query, parts.fragment)
    if parts.scheme not in {"http", "https"} or not parts.hostname or any(rest) or parts.netloc.endswith(":"):
        raise WrongSetting(f"FUURO_ORIGINS takes origins like https://example.org, separated by commas, not {text!r}.")
    return f"{parts.scheme}://{parts.netloc}".lower()


def _parts(url: str) -> SplitResult:
    """Of what is no address, nothing: neither scheme nor host."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - it is looked at only when it is asked for
    except ValueError:
        return SplitResult("", "", "", "", "")
    return parts


def _proxies(env: Mapping[str, str]) -> tuple[str, ...]:
    texts = [t.strip() for t in (env.get("FUURO_PROXIES") or "127.0.0.1,::1").split(",") if t.strip()]
    try:
        proxies = tuple(str(ipaddress.ip_network(text, strict=False)) for text in texts)
    except ValueError:
        proxies = ()
    if not proxies:
        raise WrongSetting(
            "FUURO_PROXIES takes addresses and networks like 10.0.0.5,172.16.0.0/12, separated by commas."
        )
    return proxies


def _roles(env: Mapping[str, str]) -> frozenset[str]:
    roles = frozenset(r.strip() for r in (env.get("FUURO_ROLES") or ",".join(ROLES)).split(",") if r.strip())
    if not roles or roles - ROLES:
        raise WrongSetting("FUURO_ROLES takes gateway, web and worker, separated by commas.")
    return roles


def _zone(env: Mapping[str, str]) -> ZoneInfo:
    name = env.get("FUURO_TIME_ZONE") or "Asia/Tokyo"
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise WrongSetting(f"FUURO_TIME_ZONE must be a zone like Asia/Tokyo, not {name!r}.") from None


def _secret(env: Mapping[str, str], data: Path) -> bytes:
    """The given key, or one made once and kept, so that tokens outlive a restart."""
    if given := env.get("FUURO_SECRET_KEY"):
        if len(given) < 32:
            raise WrongSetting("FUURO_SECRET_KEY must have at least 32 characters, taken from a good source of chance.")
        return given.encode()
    if env.get("DATABASE_URL") and (env.get("FUURO_HOST") or "127.0.0.1") not in LOOPBACK:
        raise WrongSetting("FUURO_SECRET_KEY must be set where FUURO_HOST is not loopback.")
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        kept = data / "secret_key"
        try:
            with open(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(48))
        except FileExistsError:
            pass
        secret = kept.read_bytes()
    except OSError as error:
        raise WrongSetting(f"FUURO_DATA must be a folder that can be written: {error}.") from None
    if len(secret) < 32:
        raise WrongSetting(
            f"{kept} is damaged: restore it from your backup. With another one no account can be found again."
        )
    return secret
