"""The data card: what a data set holds, from where, under which licences, and what was left out and why."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from wisp_lab.overlap import RUN
from wisp_lab.recipe import Collect
from wisp_lab.sources import Repository
from wisp_lab.split import PARTS, SplitPlan
from wisp_lab.steps import write_json


@dataclass
class DataCard:
    settings: Collect
    repositories: list[Repository]
    plan: SplitPlan
    files: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    documents: dict[str, Counter] = field(default_factory=dict)
    bytes: dict[str, Counter] = field(default_factory=dict)
    languages: Counter = field(default_factory=Counter)
    licences: Counter = field(default_factory=Counter)
    redacted: int = 0
    overlap: dict[str, dict[str, int]] = field(default_factory=dict)
    """Of each part that judges: runs of lines found and kept, and how many of them stand in train."""

    @property
    def kept(self) -> int:
        return sum(sum(part.values()) for part in self.documents.values())

    @classmethod
    def of(cls, settings: Collect, out: Path, repositories: list[Repository], plan: SplitPlan) -> DataCard:
        """Counts what lies in the folder, and takes the reasons from datatrove's statistics."""
        from wisp_lab.collect import documents

        card = cls(settings, repositories, plan)
        reasons: Counter[str] = Counter()
        card.overlap = {part: dict.fromkeys(("found", "found_learnt", "kept", "kept_learnt"), 0) for part in PARTS[1:]}
        for stage in ("read", "write"):
            statistics = out / "work" / "logs" / stage / "stats.json"
            for block in json.loads(statistics.read_text()) if statistics.is_file() else ():
                for name, value in block["stats"].items():
                    total = value["total"] if isinstance(value, dict) else value
                    if name == "files":
                        card.files = int(total)
                    elif name.startswith("dropped_"):
                        reasons[name.removeprefix("dropped_")] += int(total)
                    elif block["name"].endswith("overlap") and name.rpartition("_")[2] in card.overlap:
                        count, _, part = name.rpartition("_")
                        card.overlap[part][count] += int(total)
                    elif name == "dropped" and "MinHash" in block["name"]:
                        reasons["near_duplicate"] += int(total)
        card.dropped = dict(sorted(reasons.items(), key=lambda item: -item[1]))
        for part in PARTS:
            card.documents[part], card.bytes[part] = Counter(), Counter()
            for document in documents(out, part):
                size = len(document.text.encode("utf-8"))
                metadata = document.metadata
                card.documents[part][metadata["repository"]] += 1
                card.bytes[part][metadata["repository"]] += size
                card.languages[metadata["language"]] += size
                card.licences[metadata["licence"]] += size
                card.redacted += metadata.get("redacted", 0) or 0
        return card

    def dropped_summary(self) -> str:
        reasons = ", ".join(f"{reason} {count}" for reason, count in self.dropped.items()) or "nothing"
        return f"Read {self.files} files; dropped: {reasons}."


def write_data_card(card: DataCard, path: Path) -> None:
    total = {part: (sum(card.documents[part].values()), sum(card.bytes[part].values())) for part in PARTS}
    dropped = sum(card.dropped.values())
    lines = [
        "# Data card",
        "",
        f"{card.files} files of {len(card.repositories)} repositories were read, {dropped} dropped, {card.kept} kept.",
        "",
        "| part | documents | bytes | repositories |",
        "|---|---|---|---|",
        *(f"| {p} | {total[p][0]} | {total[p][1]:,} | {len(card.documents[p])} |" for p in PARTS),
        "",
        f"Split by {card.settings.split.unit}; near-duplicates "
        + ("are removed across all parts before the split." if card.settings.near_duplicates else "are kept."),
        f"Documents of valid and heldout are dropped (`learnt`) where more than {card.settings.split.max_overlap:.0%}"
        f" of their runs of {RUN} lines stand in train.",
        f"Secrets: {card.settings.secrets}; {card.redacted} values blotted out."
        f" Personal data (e-mail and public IP addresses): {card.settings.personal_data}.",
        "",
        "## Dropped",
        "",
        "| reason | files |",
        "|---|---|",
        *(f"| {reason} | {count} |" for reason, count in card.dropped.items()),
        "",
        "## Overlap with train",
        "",
        f"Runs of {RUN} lines (imports, comments and lone brackets left out) that stand in train word for word.",
        "",
        "| part | in what was collected | in what is kept |",
        "|---|---|---|",
        *(
            f"| {part} | {_of(n['found_learnt'], n['found'])} | {_of(n['kept_learnt'], n['kept'])} |"
            for part, n in card.overlap.items()
        ),
        "",
        "## Languages",
        "",
        "| language | bytes |",
        "|---|---|",
        *(f"| {name} | {size:,} |" for name, size in card.languages.most_common()),
        "",
        "## Licences",
        "",
        "| licence | bytes |",
        "|---|---|",
        *(f"| {name} | {size:,} |" for name, size in card.licences.most_common()),
        "",
        "## Repositories",
        "",
        "| repository | version | date | part | documents | bytes |",
        "|---|---|---|---|---|---|",
    ]
    for repository in card.repositories:
        for part in PARTS:
            count = card.documents[part][repository.name]
            if count:
                version = repository.commit[:12] or "-"
                size = card.bytes[part][repository.name]
                lines.append(
                    f"| {repository.name} | {version} | {repository.date[:10] or '-'} | {part} | {count} | {size:,} |"
                )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    write_json(
        path.with_suffix(".json"),
        {
            "read": card.files,
            "kept": card.kept,
            "dropped": card.dropped,
            "overlap": card.overlap,
            "parts": {p: {"documents": total[p][0], "bytes": total[p][1]} for p in PARTS},
            "languages": dict(card.languages.most_common()),
            "licences": dict(card.licences.most_common()),
        },
    )


def _of(part: int, whole: int) -> str:
    return f"{part} of {whole:,} ({part / whole:.2%})" if whole else "0 of 0"
