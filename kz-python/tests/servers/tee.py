"""`tee.py FOLDER PROGRAM…` runs a server and keeps a copy of what it writes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def main() -> int:
    folder = Path(sys.argv[1])
    with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
        child = subprocess.Popen(sys.argv[2:], stdout=subprocess.PIPE, stderr=err)
        assert child.stdout is not None
        for line in child.stdout:
            out.write(line)
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
        return child.wait()


if __name__ == "__main__":
    sys.exit(main())
