"""The machine's own pace, beside what is measured."""

import subprocess
import sys

from loadtests.compare.pace import Lap, lap_ms
from loadtests.compare.servers import ROOT


def test_the_runner_writes_laps_until_its_stdin_ends() -> None:
    command = [sys.executable, "-m", "loadtests.compare.pace"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as runner:
        assert runner.stdin is not None and runner.stdout is not None
        laps = [Lap(*map(float, runner.stdout.readline().split())) for _ in range(2)]
        runner.stdin.close()
        assert runner.wait(10) == 0
    assert laps[0].at < laps[1].at and all(lap.took > 0 for lap in laps)


def test_a_lap_s_length_is_that_of_the_span() -> None:
    laps = [Lap(at, took) for at, took in ((0.0, 0.001), (1.0, 0.002), (2.0, 0.003), (3.0, 0.004))]
    assert lap_ms(laps, 1.0, 3.0) == 3.0
    assert lap_ms(laps, 4.0, 5.0) is None
