"""What the invisible watermark of pictures survives: pictures x attacks x keys, peers beside it in the same run.

    python benchmarks/robustness_image.py --quick            about two minutes: 8 pictures, 24 attacks
    python benchmarks/robustness_image.py --full             all 80 pictures of the reporting set, all attacks, peers
    python benchmarks/robustness_image.py --tuning           the tuning set; prints, writes no table
    python benchmarks/robustness_image.py --full --minutes 60    pictures begun in that time, then the table so far

Results go line by line to .cache/bench/robustness/; an interrupted run goes on where it stopped. Pictures come in no
order that means anything, so that what is done is a fair sample. Only --full writes docs/tables/robustness_image.md.
"""

from __future__ import annotations

import argparse
import functools
import multiprocessing
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import bench_environment

if __name__ == "__main__":
    bench_environment.enter()

from benchmarks import _robustness_report as report
from benchmarks import corpus_image as corpus
from benchmarks._trials import Journal, journal, marking, payload_of, peer_marking, peer_trial, trial
from benchmarks.attacks_image import ATTACKS, BY_ID, PEER_IDS, QUICK_IDS, Attack
from benchmarks.peers_image import Peer, peers

#: Peers look at pictures up to this size: the slowest takes some ten seconds per megapixel and reading.
_PEER_PIXELS = 450_000
#: And at so many of them.
_PEER_PICTURES = 8


@dataclass(frozen=True, slots=True)
class Run:
    """What is to be done.

    Attributes:
        name: of the set of pictures.
        pictures: these.
        attacks: on each of these.
        peers: whether peers run, too.
    """

    name: str
    pictures: tuple[corpus.Picture, ...]
    attacks: tuple[Attack, ...]
    peers: bool

    def picked(self, pictures: str, attacks: str) -> Run:
        """Only pictures and attacks whose id contains these words."""
        return Run(
            self.name,
            tuple(p for p in self.pictures if pictures in p.id),
            tuple(a for a in self.attacks if attacks in a.id),
            self.peers,
        )


#: Something to do; it says which picture it was.
Task = functools.partial[str]
QUICK = Run("reporting", corpus.QUICK, tuple(BY_ID[i] for i in QUICK_IDS), False)
FULL = Run("reporting", corpus.REPORTING, ATTACKS, True)
TUNING = Run("tuning", corpus.TUNING, ATTACKS, False)


def work(picture: corpus.Picture, attacks: Sequence[Attack], out: Journal) -> str:
    """All that is still missing of one picture."""
    bench_environment.one_thread()
    done = out.done(picture)
    missing = [a for a in attacks if ("labelkit", a.id) not in done]
    if missing or ("labelkit", "") not in done:
        marked, cost = marking(picture, corpus.load(picture))
        if ("labelkit", "") not in done:
            out.add(cost)
        for attack in missing:
            out.add(trial(picture, marked, attack))
    return picture.id


def peer_work(picture: corpus.Picture, attacks: Sequence[Attack], out: Journal) -> str:
    """All that is still missing of one picture with every peer."""
    bench_environment.one_thread()
    done = out.done(picture)
    for peer in _peers():
        missing = [a for a in attacks if (peer.name, a.id) not in done]
        if missing:
            marked, cost = peer_marking(peer, picture, corpus.load(picture))
            if (peer.name, "") not in done:
                out.add(cost)
            for attack in missing:
                out.add(peer_trial(peer, picture, marked, attack))
    return f"{picture.id} with peers"


@functools.cache
def _peers() -> tuple[Peer, ...]:
    return peers()


def peer_pictures(pictures: Sequence[corpus.Picture]) -> list[corpus.Picture]:
    """The first small enough ones."""
    small = [p for p in pictures if corpus.load(p).size // 3 <= _PEER_PIXELS]
    return small[:_PEER_PICTURES]


def execute(run: Run, jobs: int, out: Journal, until: float) -> None:
    """Do it, with a line per picture; nothing new is begun after ``until`` (monotonic clock)."""
    corpus.fetch(run.pictures)
    # In no order that means anything, so that an interrupted run is a fair sample.
    shuffled = sorted(run.pictures, key=payload_of)
    ours = [functools.partial(work, p, run.attacks, out) for p in shuffled]
    theirs = [a for a in run.attacks if a.id in PEER_IDS]
    compared = peer_pictures(shuffled) if run.peers else []
    calls = _mixed(ours, [functools.partial(peer_work, p, theirs, out) for p in compared])
    # A peer insists on forked workers.
    with multiprocessing.get_context("fork").Pool(jobs, maxtasksperchild=8) as pool:
        timely = functools.partial(_call, until=until)
        for number, name in enumerate(pool.imap_unordered(timely, calls), start=1):
            print(f"{number}/{len(calls)} {name}", flush=True)


def _mixed(many: Sequence[Task], few: Sequence[Task]) -> list[Task]:
    """Both, in their order, the few spread over the first half of the many."""
    every = max(1, len(many) // (2 * len(few))) if few else 1
    mixed = list(many)
    for number, task in enumerate(few):
        mixed.insert(number * (every + 1), task)
    return mixed


def _call(task: Task, until: float) -> str:
    return task() if time.monotonic() < until else "not begun"


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--quick", action="store_const", dest="run", const=QUICK, default=QUICK)
    mode.add_argument("--full", action="store_const", dest="run", const=FULL)
    mode.add_argument("--tuning", action="store_const", dest="run", const=TUNING)
    parser.add_argument("--pictures", default="", help="only ids that contain this")
    parser.add_argument("--attacks", default="", help="only ids that contain this")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=1e6, help="begin no picture after this time")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--report-only", action="store_true", help="only the table, from what is there")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    run: Run = options.run.picked(options.pictures, options.attacks)
    if options.no_peers:
        run = Run(run.name, run.pictures, run.attacks, False)
    bench_environment.need_programs()
    out = journal(run.name)
    if not options.report_only:
        execute(run, options.jobs, out, time.monotonic() + 60 * options.minutes)
    text = report.document(list(out.results()), run.pictures, run.attacks)
    print(text)
    if options.run is FULL and not (options.pictures or options.attacks):
        report.store(text)


if __name__ == "__main__":
    main()
