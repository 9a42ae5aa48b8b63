"""collect: repositories → filtered documents without near-duplicates, in three parts, with a data card."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path

from datatrove.data import Document, DocumentsPipeline
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.dedup.minhash import MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupFilter
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter, ParquetWriter
from loguru import logger
from rich.console import Console
from rich.progress import track

from wisp_lab.data_card import DataCard, write_data_card
from wisp_lab.errors import EmptySourceError, LabError
from wisp_lab.filters import LicenceFilter, PathFilter, PersonalDataFormatter, SecretFilter, TextFilter
from wisp_lab.git import is_text
from wisp_lab.languages import language_of
from wisp_lab.licences import licence_of_file
from wisp_lab.near_duplicates import CODE_MINHASH, CodeSignature
from wisp_lab.overlap import JudgedRuns, LearntRuns, OverlapFilter
from wisp_lab.preflight import check_disk
from wisp_lab.recipe import Collect, Executor
from wisp_lab.sources import Repository, repositories
from wisp_lab.split import PARTS, SplitPlan, plan_split
from wisp_lab.steps import step


class RepositoryReader(PipelineStep):
    """Reads this shard's files of every repository and no others; what is no UTF-8 text is counted and left out."""

    type = "📖 - READER"
    name = "repositories"

    def __init__(self, found: list[Repository], settings: Collect):
        super().__init__()
        self.found = found
        self.settings = settings

    def run(self, data: DocumentsPipeline = None, rank: int = 0, world_size: int = 1) -> DocumentsPipeline:
        count = 0
        languages = frozenset(self.settings.languages)
        for repository in track(
            self.found, description=f"Reading ({rank + 1}/{world_size})", console=Console(stderr=True)
        ):
            listed = repository.code(languages)
            mine = [number for number in range(len(listed)) if (count + number) % world_size == rank]
            count += len(listed)
            files = repository.read([listed[number] for number in mine], self.settings.max_bytes)
            for number, file in zip(mine, files, strict=True):
                self.stat_update("total", "files")
                if not is_text(file.path):
                    self.stat_update("dropped_name_not_text")
                    continue
                if file.too_large:
                    self.stat_update("dropped_too_large")
                    continue
                if file.data is None:
                    self.stat_update("dropped_unreadable")
                    continue
                text = _decoded(file.data)
                if text is None:
                    self.stat_update("dropped_not_text")
                    continue
                yield Document(
                    text=text,
                    id=f"{repository.name}/{file.path}" + (f"#{number}" if repository.history else ""),
                    metadata={
                        "repository": repository.name,
                        "path": file.path,
                        "language": language_of(file.path),
                        "licence": licence_of_file(text, repository.licence_of(file)),
                        "commit": file.commit,
                        "date": file.date,
                    },
                )


def _decoded(data: bytes) -> str | None:
    if b"\0" in data:
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n") if text.strip() else None


class PartLabel(PipelineStep):
    """Writes the part into the document."""

    type = "✂️ - SPLIT"
    name = "split"

    def __init__(self, plan: SplitPlan):
        super().__init__()
        self.plan = plan

    def run(self, data: DocumentsPipeline, rank: int = 0, world_size: int = 1) -> DocumentsPipeline:
        for document in data:
            metadata = document.metadata
            metadata["part"] = self.plan.part(metadata["repository"], metadata["path"])
            self.stat_update(metadata["part"])
            yield document


_DISK = 200_000_000
"""Bytes without which no collection begins; how much one takes is known only when it has been read."""


def check_sources(settings: Collect, base: Path, seed: int) -> tuple[list[Repository], SplitPlan]:
    """What will be read and how it is split.

    @raises LabError when a source or what the executor needs is not there
    """
    kind = settings.executor.kind
    if kind == "ray" and importlib.util.find_spec("ray") is None:
        raise LabError(
            "collect.executor.kind = 'ray' needs Ray, which is not installed.",
            "Install it beside the lab (`uv pip install ray`), or set kind = 'local'.",
        )
    if kind == "slurm" and shutil.which("sbatch") is None:
        raise LabError(
            "collect.executor.kind = 'slurm' needs the command `sbatch`, which is not here.",
            "Run this where Slurm's commands are, such as a login node, or set kind = 'local'.",
        )
    found = repositories(settings.sources, base)
    return found, plan_split(settings.split, found, seed)


def collect(settings: Collect, out: Path, *, base: Path, seed: int, fresh: bool = False) -> Path:
    """Runs the whole pipeline into `out` and returns the path of its data card.

    @param base the folder that relative source paths start from
    @raises EmptySourceError when nothing is left, with the reasons
    """
    found, plan = check_sources(settings, base, seed)
    made_from = {
        "collect": settings.model_dump(exclude={"executor": {"workers"}}),
        "seed": seed,
        "repositories": [(r.name, r.state(frozenset(settings.languages))) for r in found],
    }
    card_path = out / "DATA_CARD.md"
    check_disk(out, _DISK)
    with step(out, made_from, fresh=fresh) as wanted:
        if wanted:
            logger.disable("datatrove")  # its report of every shard would bury ours; failures are raised
            try:
                _run(settings, out, found, plan)
            finally:
                logger.enable("datatrove")
            card = DataCard.of(settings, out, found, plan)
            if card.kept == 0:
                raise EmptySourceError("No document is left.", card.dropped_summary())
            write_data_card(card, card_path)
    return card_path


def _run(settings: Collect, out: Path, found: list[Repository], plan: SplitPlan) -> None:
    work = out / "work"
    tasks = settings.executor.tasks

    def dropped(name: str, **options) -> JsonlWriter:
        return JsonlWriter(str(out / "dropped" / name), "${rank}.jsonl.gz", **options)

    _execute(
        settings.executor,
        "read",
        work,
        [
            RepositoryReader(found, settings),
            PathFilter(settings),
            TextFilter(settings),
            # Nothing has looked for secrets in these yet, so their text is not written.
            LicenceFilter(settings, dropped("licence", adapter=_without_text)),
            SecretFilter(settings),
            *([PersonalDataFormatter()] if settings.personal_data == "replace" else []),
            JsonlWriter(str(work / "clean"), "${rank}.jsonl.gz"),
        ],
        tasks,
    )
    if not any((work / "clean").glob("*.gz")):
        return
    signatures, pairs, clusters = (str(work / name) for name in ("signatures", "pairs", "clusters"))
    if settings.near_duplicates:
        reader = JsonlReader(str(work / "clean"))
        _execute(settings.executor, "signatures", work, [reader, CodeSignature(signatures)], tasks)
        buckets = CODE_MINHASH.num_buckets
        _execute(
            settings.executor, "buckets", work, [MinhashDedupBuckets(signatures, pairs, config=CODE_MINHASH)], buckets
        )
        _execute(settings.executor, "clusters", work, [MinhashDedupCluster(pairs, clusters, config=CODE_MINHASH)], 1)

    def labelled(twins: JsonlWriter | None = None) -> list[PipelineStep]:
        single = [MinhashDedupFilter(clusters, twins)] if settings.near_duplicates else []
        return [JsonlReader(str(work / "clean")), *single, PartLabel(plan)]

    judged, learnt = work / "judged", work / "learnt"
    _execute(settings.executor, "judged", work, [*labelled(), JudgedRuns(judged)], tasks)
    _execute(settings.executor, "learnt", work, [*labelled(), LearntRuns(judged, learnt)], tasks)
    writer = ParquetWriter if settings.format == "parquet" else JsonlWriter
    name = "${part}/${rank}." + ("parquet" if settings.format == "parquet" else "jsonl.gz")
    _execute(
        settings.executor,
        "write",
        work,
        [
            *labelled(dropped("near_duplicate")),
            OverlapFilter(learnt, settings.split.max_overlap, dropped("learnt")),
            writer(str(out), name),
        ],
        tasks,
    )


def _without_text(_: JsonlWriter, document: Document) -> dict:
    return {"id": document.id, "metadata": document.metadata}


def _execute(settings: Executor, name: str, work: Path, pipeline: list, tasks: int) -> None:
    """Runs one stage. Shards that were finished before an interruption are skipped by datatrove."""
    logs = str(work / "logs" / name)
    match settings.kind:
        case "local":
            LocalPipelineExecutor(pipeline, tasks=tasks, workers=min(settings.workers, tasks), logging_dir=logs).run()
        case "ray":
            from datatrove.executor import RayPipelineExecutor

            RayPipelineExecutor(pipeline, tasks=tasks, workers=settings.workers, logging_dir=logs).run()
        case "slurm":
            from datatrove.executor import SlurmPipelineExecutor

            SlurmPipelineExecutor(
                pipeline,
                tasks=tasks,
                workers=settings.workers,
                time=settings.time,
                partition=settings.partition,
                job_name=f"wisp-lab-{name}",
                logging_dir=logs,
                sbatch_args={"wait": ""},
            ).run()


def documents(data: Path, part: str) -> Iterator[Document]:
    """The documents of one part in a fixed order."""
    assert part in PARTS
    folder = data / part
    for path in sorted(folder.glob("*")) if folder.is_dir() else []:
        if path.suffix == ".parquet":
            import pyarrow.parquet as parquet

            for row in parquet.read_table(path).to_pylist():
                yield Document(text=row["text"], id=row["id"], metadata=row["metadata"])
        else:
            yield from JsonlReader(str(folder), paths_file=None, glob_pattern=path.name).read_file(path.name)
