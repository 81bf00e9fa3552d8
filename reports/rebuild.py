"""Rebuild the gallery of sample reports: `tox -e reports`."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
GALLERY = ROOT / "reports" / "gallery"
SUBMISSIONS = {
    "all_right": ROOT / "reference_models" / "numpy_mlp.py",
    "classic_mistakes": ROOT / "reference_models" / "classic_mistakes.py",
    "layer_classes": ROOT / "reference_models" / "npnn_layers.py",
    "three_classes": ROOT / "reference_models" / "relu_classifier.py",
    "broken_import": ROOT / "reports" / "samples" / "broken_import.py",
    "hostile": ROOT / "reports" / "samples" / "hostile.py",
    "notebook": ROOT / "reports" / "samples" / "notebook.ipynb",
}


def main():
    with tempfile.TemporaryDirectory() as folder:
        for name, submission in SUBMISSIONS.items():
            print(name, flush=True)
            build(submission, Path(folder, f"{name}.html"))
        shutil.rmtree(GALLERY, ignore_errors=True)
        shutil.copytree(folder, GALLERY)


def build(submission, target):
    """Grade in an empty folder, so that nothing of this one is picked up."""
    options = ["--checkgrad", str(submission), "--checkgrad-report", str(target)]
    with tempfile.TemporaryDirectory() as folder:
        # without the cache: a sample has no last run
        plain = ["-q", "-p", "no:randomly", "-p", "no:cacheprovider"]
        command = [sys.executable, "-m", "pytest", *plain, *options]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode not in (0, 1) or not target.exists():
        sys.exit(done.stdout + done.stderr)


if __name__ == "__main__":
    main()
