"""The explorer as its users start it, for tests with a browser."""

import os
import re
import signal
import subprocess
import sys
import threading


class Explorer:
    """`idlat explore` in a process of its own."""

    def __init__(self, *arguments: str) -> None:
        self.arguments = arguments
        self.address, self.log = "", ""
        self.process = self.start()

    def start(self, port: int = 0) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", "from idlat.cli import main; main()", "explore", *self.arguments]
        self.process = subprocess.Popen(
            [*command, "--server", "--port", str(port)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\S*", self.address), self.address
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self.process

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log += line

    @property
    def port(self) -> int:
        found = re.match(r"http://[\d.]+:(\d+)/", self.address)
        assert found is not None, self.address
        return int(found[1])

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=300)
        self._reader.join(timeout=300)
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()
        return status
