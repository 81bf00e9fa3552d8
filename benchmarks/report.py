"""What a report costs: its size, and its writing beside the grading of the same homework, in one run.

Run: python benchmarks/report.py [submission ...]; figures are processor time, which other work on the machine
lengthens less than time on the wall.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

MODELS = Path(__file__).parents[1] / "reference_models"
HOMEWORK = [MODELS / "classic_mistakes.py", MODELS / "numpy_mlp.py"]
DRAWING = ("draw", "draw_losses", "draw_regions")


def main(paths: list[Path]) -> None:
    for path in paths:
        done = subprocess.run([sys.executable, __file__, "--one", str(path)], check=True, text=True,
                              capture_output=True)  # fmt: skip
        print(done.stdout, end="")


def one(path: Path) -> None:
    """Grade and write once in a fresh process, imports included, as a student's run does."""
    from checkgrad.grading import grade

    report, grading = timed(lambda: grade(path))
    text, first = timed(lambda: written(report))
    _, again = timed(lambda: written(report))
    drawing = drawn(report)
    print(
        f"{path.name}: {len(text.encode()) / 1000:.0f} kB; written in {first:.2f} s, of which "
        f"{first - again:.2f} s imports and {drawing:.2f} s drawing; grading took {grading / first:.1f} times as long"
    )


def written(report: Any) -> str:
    from checkgrad.render import FORMATS

    return FORMATS["html"](report)


def drawn(report: Any) -> float:
    """Seconds of a second writing that are spent in matplotlib and in shrinking what it gives."""
    from checkgrad.render import html, plots

    spent = 0.0

    def watched(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            nonlocal spent
            result, seconds = timed(lambda: function(*args, **named))
            spent += seconds
            return result

        return call

    for module, names in ((plots, DRAWING), (html, ("tidy",))):
        for name in names:
            setattr(module, name, watched(getattr(module, name)))
    written(report)
    return spent


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    start = time.process_time()
    result = call()
    return result, time.process_time() - start


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(Path(sys.argv[2]))
    else:
        main([Path(name) for name in sys.argv[1:]] or HOMEWORK)
