"""Where CPU time goes: threads of this process by stage, other processes by name.

A sampler looks every few milliseconds what each thread is at, and gives the CPU time the thread
has used since the last look to that stage. Nothing in the service is wrapped or slowed. Linux.
"""

import os
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Final, Self

_EVERY_S: Final = 0.004
_TICK_S: Final = 1 / os.sysconf("SC_CLK_TCK")
_PAGE_MIB: Final = os.sysconf("SC_PAGE_SIZE") / 2**20

OTHER: Final = "other Python"
MEASURING: Final = "measuring"
NATIVE: Final = "threads without Python"


class Profiler:
    """A context in which CPU seconds by stage gather in `seconds`.

    Args:
        stages: (end of a source path, function or "" for any, stage); the innermost frame that
            one of them fits decides, the first of them for a frame.
    """

    def __init__(self, stages: Sequence[tuple[str, str, str]]) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._stages = stages
        self._known: dict[object, str | None] = {}
        self._clocks: dict[int, float] = {}
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="profiler")

    def __enter__(self) -> Self:
        self._began = time.process_time()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()
        self.seconds[NATIVE] = max(
            0.0, time.process_time() - self._began - sum(self.seconds.values())
        )

    def _sample(self) -> None:
        own = threading.get_ident()
        first = True
        while not self._done.wait(_EVERY_S):
            for thread, frame in sys._current_frames().items():
                clock = time.clock_gettime(time.pthread_getcpuclockid(thread))
                used = clock - self._clocks.get(thread, clock if first else 0.0)
                self._clocks[thread] = clock
                if used:
                    self.seconds[MEASURING if thread == own else self._stage(frame)] += used
            first = False

    def _stage(self, frame: FrameType | None) -> str:
        while frame is not None:
            code = frame.f_code
            if code not in self._known:
                self._known[code] = self._stage_of(code.co_filename, code.co_name)
            stage = self._known[code]
            if stage is not None:
                return stage
            frame = frame.f_back
        return OTHER

    def _stage_of(self, file: str, function: str) -> str | None:
        for path, name, stage in self._stages:
            if path in file and name in ("", function):
                return stage
        return None


def descendants() -> Mapping[int, str]:
    """Pid -> name of the program of every process below this one."""
    parents: dict[int, tuple[int, str]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            text = (folder / "stat").read_text()
        except OSError:  # it has just ended
            continue
        name, _, rest = text.partition("(")[2].rpartition(")")
        parents[int(folder.name)] = (int(rest.split()[1]), name)
    found = {os.getpid()}
    while more := {pid for pid, (parent, _) in parents.items() if parent in found} - found:
        found |= more
    return {pid: parents[pid][1] for pid in found if pid != os.getpid()}


def cpu_s(pid: int) -> float:
    """CPU seconds of a process and of its children that have ended; 0 if it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(fields[i]) for i in (11, 12, 13, 14)) * _TICK_S


def rss_mib(pid: int | str = "self") -> float:
    """Resident memory of a process, shared pages that it alone does not own left out."""
    try:
        _, resident, shared = Path(f"/proc/{pid}/statm").read_text().split()[:3]
    except OSError:
        return 0.0
    own = int(resident) if pid == "self" else int(resident) - int(shared)
    return own * _PAGE_MIB
