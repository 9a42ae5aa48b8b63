from __future__ import annotations

from pathlib import Path

import pytest
from conftest import MIT, module, write

from wisp_lab.collect import RepositoryReader
from wisp_lab.filters import LicenceFilter
from wisp_lab.licences import LicenceMap, licence_in_header, licence_of_file
from wisp_lab.recipe import Collect
from wisp_lab.sources import repositories

GPL_NOTICE = """# This program is free software: you can redistribute it and/or modify
# it under the terms of the GNU General
# Public License as published by the Free Software Foundation.
"""


@pytest.mark.parametrize(
    ("line", "expression"),
    [
        ("# SPDX-License-Identifier: MIT", "MIT"),
        ("/* SPDX-License-Identifier: apache-2.0 OR MIT */", "Apache-2.0 OR MIT"),
        ("<!-- SPDX-License-Identifier: BSD-3-Clause -->", "BSD-3-Clause"),
        ('LICENCE = "SPDX-License-Identifier: GPL-3.0-only"', "GPL-3.0-only"),
        ("# SPDX-License-Identifier: GPL-3.0-only, see LICENSE", "unknown"),
        ("# SPDX-License-Identifier: MIT, GPL-3.0-only", "unknown"),
        ("# SPDX-License-Identifier: MIT\n# SPDX-License-Identifier: GPL-2.0-only", "(GPL-2.0-only) AND (MIT)"),
        ("# SPDX-License-Identifier:", "unknown"),
        ("# MIT", None),
    ],
)
def test_an_spdx_line_that_is_not_understood_is_not_passed_over(line: str, expression: str | None) -> None:
    assert licence_in_header(line) == expression


def test_a_notice_in_the_file_counts_above_what_lies_around_it() -> None:
    assert licence_of_file(GPL_NOTICE, "MIT") == "LicenseRef-GPL"
    assert licence_of_file("// Mozilla Public License, v. 2.0", "MIT") == "LicenseRef-MPL"
    assert licence_of_file(GPL_NOTICE, "GPL-3.0-or-later") == "GPL-3.0-or-later"
    assert licence_of_file(GPL_NOTICE.replace("General", "Lesser General"), "GPL-3.0-only") == "LicenseRef-LGPL"
    assert licence_of_file(GPL_NOTICE, "own") == "own"
    assert licence_of_file(module("plain"), "MIT") == "MIT"


@pytest.mark.parametrize(
    ("name", "text", "licence"),
    [
        ("COPYING", "You may use this on Sundays.", "unknown"),
        ("LICENSE.md", "You may use this on Sundays.", "unknown"),
        ("COPYRIGHT", "Copyright 2024 by somebody. All rights reserved.", "MIT"),
        ("COPYRIGHT", "Use needs our permission.", "unknown"),
        ("LICENSE-THIRD-PARTY", "What the fonts ask for.", "MIT"),
        ("license.py", "def check(): ...", "MIT"),
        ("LICENSE.txt", MIT, "MIT"),
    ],
)
def test_an_unknown_text_beside_a_known_one_makes_the_folder_unknown(name: str, text: str, licence: str) -> None:
    assert LicenceMap({"LICENSE": MIT, name: text}).of("src/a.py") == licence


def test_a_declared_licence_does_not_cover_a_file_with_another_header(tmp_path: Path) -> None:
    root = write(
        tmp_path / "code",
        {"a.py": module("a"), "b.py": "# SPDX-License-Identifier: GPL-3.0-only\n" + module("b"), "c.py": GPL_NOTICE},
    )
    settings = Collect.model_validate({"sources": [{"kind": "folder", "path": str(root), "licence": "MIT"}]})
    reader, allowed = RepositoryReader(repositories(settings.sources, tmp_path), settings), LicenceFilter(settings)
    assert [(d.metadata["path"], allowed.filter(d)) for d in reader.run()] == [
        ("a.py", True), ("b.py", (False, "licence_not_allowed")), ("c.py", (False, "licence_not_allowed")),
    ]  # fmt: skip
