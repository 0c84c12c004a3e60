"""What the invisible watermark of sound survives: clips x attacks x repetitions, with quality, times and peers.

    python benchmarks/robustness_audio.py --quick            a few minutes: 8 clips, what is promised, once each
    python benchmarks/robustness_audio.py --full --jobs 2    44 clips, what is promised five times each, the rest once
    python benchmarks/robustness_audio.py --tuning           the tuning set; prints, writes no table

Results go line by line to .cache/bench/robustness_audio/; an interrupted run goes on where it stopped. Only --full
writes docs/tables/robustness_audio.md. Peers take part where they are installed: `resemble-perth` (needs torch) in the
benchmark's environment, `audiowmark` on the path.
"""

from __future__ import annotations

import argparse
import functools
import multiprocessing
import sys
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import bench_environment

if __name__ == "__main__":
    bench_environment.enter()

from benchmarks import _report_audio as report
from benchmarks import corpus_audio as corpus
from benchmarks._journal import Journal
from benchmarks._trials_audio import (
    Trial,
    journal,
    marked,
    marking,
    payload_of,
    perth,
    perth_marked,
    perth_marking,
    perth_trial,
    sound_of,
    trial,
)
from benchmarks.attacks_audio import BY_ID, OTHERS, PROMISED, Attack

#: Every so many clips a peer takes part.
_PEER_STEP = 5


@dataclass(frozen=True, slots=True)
class Run:
    """What is to be done.

    Attributes:
        name: of the set of clips.
        clips: these.
        promised: attacks with ``rounds`` repetitions.
        others: attacks with one.
        rounds: repetitions.
    """

    name: str
    clips: tuple[corpus.Clip, ...]
    promised: tuple[Attack, ...]
    others: tuple[Attack, ...]
    rounds: int


QUICK = Run("reporting", corpus.QUICK, PROMISED, (), 1)
FULL = Run("reporting", corpus.REPORTING, PROMISED, OTHERS, 5)
TUNING = Run("tuning", corpus.TUNING, PROMISED, OTHERS, 1)


@dataclass(frozen=True, slots=True)
class Task:
    """One repetition of one clip, or a peer's part of it."""

    clip: corpus.Clip
    number: int
    attacks: tuple[str, ...]
    method: str = "labelkit"

    def run(self, out: Journal) -> str:
        """All of it that is still missing."""
        done = {
            (r.method, r.attack if isinstance(r, Trial) else "", r.round if isinstance(r, Trial) else 0)
            for r in out.results()
            if r.clip == self.clip.id
        }
        missing = [BY_ID[a] for a in self.attacks if (self.method, a, self.number) not in done]
        measure = self.number == 0 and (self.method, "", 0) not in done
        if missing or measure:
            self._perth(missing, measure, out) if self.method == "perth" else self._ours(missing, measure, out)
        return f"{self.clip.id} {self.number} {self.method}"

    def _ours(self, missing: list[Attack], measure: bool, out: Journal) -> None:
        sound = sound_of(self.clip)
        copy = marked(self.clip, sound, self.number)
        for attack in missing:
            out.add(trial(self.clip, copy, attack, self.number))
        if measure:
            out.add(marking(self.clip, sound, copy))

    def _perth(self, missing: list[Attack], measure: bool, out: Journal) -> None:
        sound = sound_of(self.clip)
        copy = perth_marked(sound)
        for attack in missing:
            out.add(perth_trial(self.clip, copy, attack))
        if measure:
            out.add(perth_marking(self.clip, sound, copy))


def tasks(run: Run, peers: bool) -> list[Task]:
    """Repetition by repetition, clips in no order that means anything: an interrupted run is a fair sample."""
    shuffled = sorted(run.clips, key=lambda clip: payload_of(clip, 0))
    promised, others = (tuple(attack.id for attack in attacks) for attacks in (run.promised, run.others))
    rows = [Task(clip, number, promised) for number in range(run.rounds) for clip in shuffled]
    if peers and perth() is not None:
        rows += [Task(clip, 0, promised, "perth") for clip in shuffled[::_PEER_STEP]]
    return rows + [Task(clip, 0, others) for clip in shuffled if others]


def execute(run: Run, jobs: int, out: Journal, peers: bool) -> None:
    """Do it, with a line per repetition."""
    corpus.fetch(run.clips + corpus.TUNING)  # the tuning clips also play beside others
    calls = tasks(run, peers)
    with multiprocessing.get_context("fork").Pool(jobs, maxtasksperchild=20) as pool:
        for number, name in enumerate(pool.imap_unordered(functools.partial(_call, out), calls), start=1):
            print(f"{number}/{len(calls)} {name}", flush=True)


def _call(out: Journal, task: Task) -> str:
    return task.run(out)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--quick", action="store_const", dest="run", const=QUICK, default=QUICK)
    mode.add_argument("--full", action="store_const", dest="run", const=FULL)
    mode.add_argument("--tuning", action="store_const", dest="run", const=TUNING)
    parser.add_argument("--clips", default="", help="only ids that contain this")
    parser.add_argument("--attacks", default="", help="only ids that contain this")
    parser.add_argument("--rounds", type=int, default=0, help="other than the mode's repetitions")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--report-only", action="store_true", help="only the table, from what is there")
    return parser.parse_args()


def picked(run: Run, options: argparse.Namespace) -> Run:
    """Only what the command line names."""
    return replace(
        run,
        clips=tuple(c for c in run.clips if options.clips in c.id),
        promised=tuple(a for a in run.promised if options.attacks in a.id),
        others=tuple(a for a in run.others if options.attacks in a.id),
        rounds=options.rounds or run.rounds,
    )


def main() -> None:
    options = arguments()
    run = picked(options.run, options)
    bench_environment.need_programs("ffmpeg", "espeak-ng")
    out = journal(run.name)
    if not options.report_only:
        execute(run, options.jobs, out, not options.no_peers)
    text = report.document(list(out.results()), run.clips, run.promised + run.others)
    print(text)
    if options.run is FULL and not (options.clips or options.attacks):
        report.store(text)


if __name__ == "__main__":
    main()
