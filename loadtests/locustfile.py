"""A Friday evening for locust: `bin/load` runs it, on a house of its own. Guests three to a cast; the curve is that of an evening.

By hand, on a server with raised limits: `locust -f loadtests/locustfile.py --headless --tokens FILE --journals FOLDER --evening 180`, with
what `python -m server seed` wrote."""

import json
from collections import deque
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from locust import FastHttpUser, LoadTestShape, between, events, task
from locust.runners import MasterRunner, WorkerRunner

from loadtests.friday import out
from loadtests.journal import Journal
from loadtests.reads import Reads
from loadtests.scenarios.cast import Cast
from loadtests.scenarios.guest import Guest
from loadtests.scenarios.person import Person


@events.init_command_line_parser.add_listener
def _arguments(parser: Any) -> None:
    parser.add_argument("--tokens", type=str, required=True, help="what `python -m server seed` wrote")
    parser.add_argument("--journals", type=str, required=True, help="the folder for what people were told")
    parser.add_argument("--evening", type=float, default=180.0, help="seconds from 18:30 to the last train")
    parser.add_argument("--sharing", type=int, default=1, help="worker processes that share the tokens")


class _House:
    """What the people of one process share: the journal, and who is still at home."""

    journal: Journal
    waiting: dict[type[Person], deque[dict[str, str]]]


@events.test_start.add_listener
def _begin(environment: Any, **_: Any) -> None:
    if isinstance(environment.runner, MasterRunner):
        return
    options = environment.parsed_options
    mine = environment.runner.worker_index if isinstance(environment.runner, WorkerRunner) else 0
    lines = Path(options.tokens).read_text().splitlines()[mine :: options.sharing]
    pairs = [json.loads(line) for line in lines]
    _House.journal = Journal(Path(options.journals))
    _House.waiting = {Cast: deque(p["cast"] for p in pairs), Guest: deque(p["guest"] for p in pairs)}


class Visitor(FastHttpUser):
    """A person of `kind`, for as long as locust lets them stay; somebody else takes the phone up afterwards."""

    abstract = True
    kind: type[Person]
    person: Person

    def on_start(self) -> None:
        self.ticket = _House.waiting[self.kind].popleft()
        self.person = self.kind(
            self.host.replace("http", "ws", 1) + "/ws",
            UUID(self.ticket["id"]),
            self.ticket["token"],
            _House.journal,
            Reads(self._get),
            self._report,
            Random(),
        )
        try:
            self.person.arrive()
        except Exception:
            _House.waiting[self.kind].append(self.ticket)
            raise

    def on_stop(self) -> None:
        self.person.leave()
        _House.waiting[self.kind].append(self.ticket)

    @task
    def step(self) -> None:
        self.person.step()

    def _get(self, path: str, name: str) -> bytes | None:
        answer = self.client.get(path, name=name, headers={"Authorization": f"Bearer {self.ticket['token']}"})
        return answer.content if answer.status_code == 200 else None

    def _report(self, kind: str, name: str, seconds: float, error: Exception | None) -> None:
        self.environment.events.request.fire(
            request_type=kind,
            name=name,
            response_time=seconds * 1000,
            response_length=0,
            exception=error,
            context={},
        )


class GuestUser(Visitor):
    kind = Guest
    weight = 3
    wait_time = between(0.4, 1.6)


class CastUser(Visitor):
    kind = Cast
    weight = 1
    wait_time = between(0.2, 0.8)


class Friday(LoadTestShape):
    """So many people, by the part of the evening that has gone; nobody any more at its end."""

    use_common_options = True

    def tick(self) -> tuple[int, float] | None:
        assert self.runner is not None
        options = self.runner.environment.parsed_options
        gone = self.get_run_time() / options.evening
        most = options.num_users
        return None if gone >= 1 else (max(4, round(most * out(gone))), max(4.0, most / 10))
