"""Build the kit for other systems' programmers: a wheel of the one publisher file and its schemas; pika is all it needs.

`python publisher/build.py FOLDER` writes it there and prints its path. A wheel is a zip with three notes inside,
so nothing is needed to make one. In the kit the file is called `pod_publisher`, never `shared`.
"""
from __future__ import annotations

import base64
import hashlib
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NAME, VERSION = "pod_publisher", "0.1.0"
INFO = f"{NAME}-{VERSION}.dist-info"
METADATA = f"""Metadata-Version: 2.1
Name: pod-publisher
Version: {VERSION}
Summary: Publishes a system's events to the Pod suite over RabbitMQ or HTTPS
License: MIT
Requires-Python: >=3.11
Requires-Dist: pika>=1.3,<2
"""
WHEEL = "Wheel-Version: 1.0\nGenerator: publisher/build.py\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
COMMANDS = f"[console_scripts]\npod-publish = {NAME}:main\n"


def contents() -> dict[str, bytes]:
    """Give each file of the wheel by its path."""
    files = {f"{NAME}/__init__.py": (ROOT / "shared/publisher.py").read_bytes()}
    for schema in sorted((ROOT / "shared/publisher_schemas").glob("*.json")):
        files[f"{NAME}/publisher_schemas/{schema.name}"] = schema.read_bytes()
    files[f"{INFO}/LICENSE"] = (ROOT / "LICENSE").read_bytes()
    for note, text in (("METADATA", METADATA), ("WHEEL", WHEEL), ("entry_points.txt", COMMANDS)):
        files[f"{INFO}/{note}"] = text.encode()
    return files


def record(files: dict[str, bytes]) -> bytes:
    """List every file with its hash and size, as a wheel must."""
    lines = []
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(f"{path},sha256={digest},{len(content)}")
    return "\n".join([*lines, f"{INFO}/RECORD,,"]).encode() + b"\n"


def build(folder: Path) -> Path:
    """Write the wheel into `folder` and give its path; the same sources give the same bytes."""
    files = contents()
    files[f"{INFO}/RECORD"] = record(files)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{NAME}-{VERSION}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, content in files.items():
            wheel.writestr(zipfile.ZipInfo(name), content)
    return path


if __name__ == "__main__":
    print(build(Path(sys.argv[1] if len(sys.argv) > 1 else "dist")))
