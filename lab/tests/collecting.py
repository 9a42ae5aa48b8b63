"""What tests of collecting share."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

from wisp_lab.collect import documents
from wisp_lab.recipe import Collect
from wisp_lab.split import PARTS

GPL_HEADER = "# SPDX-License-Identifier: GPL-3.0-only\n"
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def github_token() -> str:
    """Of the true form, checksum included, and of nobody: scanners verify the checksum."""
    body = "Zq4T8vKx1LmR7bNw2cYh5dJf9gPs3e"
    checksum, digits = zlib.crc32(body.encode()), ""
    while checksum:
        checksum, digit = divmod(checksum, 62)
        digits = _BASE62[digit] + digits
    return "ghp_" + body + digits.rjust(6, "0")


def settings(root: Path, **changes) -> Collect:
    return Collect.model_validate(
        {
            "sources": [{"kind": "folder", "path": str(root), "name": "all"}],
            "split": {"unit": "file", "valid": 0, "heldout": 0},
        }
        | changes
    )


def kept(out: Path) -> dict[str, str]:
    return {d.metadata["path"]: d.text for part in PARTS for d in documents(out, part)}


def card(out: Path) -> dict:
    return json.loads((out / "DATA_CARD.json").read_text())
