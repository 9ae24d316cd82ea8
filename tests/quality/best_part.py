#!/usr/bin/env python3
"""On the head of a shared stream the mix is not worse than the best of its generators (bench/quality_parts.py).

usage: best_part.py FRESHET STREAM

Exits with 77, and says so, where the data sets are not beside the repository.
"""

import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "bench"))

import quality_data  # noqa: E402
import quality_parts  # noqa: E402

SKIPPED = 77


def main():
    program, name = sys.argv[1:]
    known = quality_parts.STREAMS[name]
    shared = os.environ.get("FRESHET_SHARED_DATA", os.path.join(ROOT, "..", "shared", "data"))
    if not os.path.isdir(shared):
        print(f"NO SHARED DATA: {shared} is not there, so nobody knows whether the mix is worse than its best part on {name}")
        return SKIPPED
    os.chdir(ROOT)
    data = quality_data.Data(shared, os.path.join("build", "quality", "data"))
    words = [data.path(word) if word == known["data"] else word for word in quality_parts.words(known)]
    command = [program, "evaluate", *words, "--limit", str(known["head"]), "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        print(f"{' '.join(command)} ended with {done.returncode}")
        return 1
    parts = json.loads(done.stdout)["parts"]
    failures = []
    for cutoff in quality_parts.CUTOFFS:
        whole, tenths = quality_parts.ratios(parts, cutoff)
        print(f"hits at {cutoff} over the best generator's: {whole:.3f}, by tenth {' '.join(f'{each:.3f}' for each in tenths)}")
        failures += quality_parts.failures(parts, cutoff, quality_parts.DEVIATIONS)
    print("\n".join(failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
