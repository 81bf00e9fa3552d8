"""How long a student waits: `pytest --checkgrad` against `pytest` on an empty test, in the same run.

python benchmarks/startup.py [REPEATS]
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MODEL = Path(__file__).parents[1] / "reference_models" / "numpy_mlp.py"
CASES = {
    "empty test, plugin blocked": ["-p", "no:checkgrad", "test_empty.py"],
    "empty test": ["test_empty.py"],
    "homework, no report": ["--checkgrad", str(MODEL), "--checkgrad-no-report"],
    "homework with report": ["--checkgrad", str(MODEL), "--checkgrad-report", "report.html"],
}


def main(repeats):
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_empty.py").write_text("def test_nothing(): pass\n")
        for case in CASES:
            run(case, folder)  # once for the caches
        rounds = [{case: run(case, folder) for case in CASES} for _ in range(repeats)]
    medians = {case: statistics.median(r[case] for r in rounds) for case in CASES}
    for case, seconds in medians.items():
        print(f"{case:28} {seconds:7.3f} s  {seconds / medians['empty test']:6.2f} x empty test")
    price = statistics.median(r["empty test"] - r["empty test, plugin blocked"] for r in rounds)
    print(f"{'price of the plugin':28} {1000 * price:7.1f} ms")


def run(case, folder):
    start = time.perf_counter()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", *CASES[case]]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
