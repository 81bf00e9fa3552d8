"""Write a constraints file that holds every direct dependency at the lowest release that pyproject.toml promises."""

import re
import sys
import tomllib
from pathlib import Path

project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
extras = project["optional-dependencies"]
promised = [*project["dependencies"], *extras["dask"], *extras["digits"], *extras["test"]]
lowest = [re.sub(r"\[.*?\]", "", p).replace(">=", "==") for p in promised if ">=" in p]
Path(sys.argv[1]).write_text("\n".join(lowest) + "\n")
