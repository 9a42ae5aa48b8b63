"""The shape of recipe.toml: every step's settings with their defaults and bounds."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from wisp_lab.languages import known_language
from wisp_lab.licences import OWN, known_licence

Step = Literal["collect", "tokenize", "train", "adapt", "evaluate", "export"]

PERMISSIVE_LICENCES = (
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0", "ISC", "MIT", "MIT-0",
    "PSF-2.0", "Python-2.0", "Python-2.0.1", "Unlicense", "Zlib",
)  # fmt: skip


def _source_licence(text: str) -> str:
    return text if text in ("", OWN) else known_licence(text)


def _regular_expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"'{text}' is no regular expression: {error}") from None
    return text


Language = Annotated[str, AfterValidator(known_language)]
Licence = Annotated[str, AfterValidator(known_licence)]
SourceLicence = Annotated[
    str,
    AfterValidator(_source_licence),
    Field(description="SPDX expression; empty detects it; 'own' marks your own code"),
]
Pattern = Annotated[str, AfterValidator(_regular_expression)]
Matrix = Literal["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class FolderSource(Section):
    """A folder with code, or a folder of such folders (`each = true`: every sub-folder is its own repository)."""

    kind: Literal["folder"]
    path: str
    name: str = ""
    each: bool = False
    licence: SourceLicence = ""


class GitSource(Section):
    """A git repository on this machine, as a work tree or bare."""

    kind: Literal["git"]
    path: str
    name: str = ""
    mode: Literal["tree", "history"] = Field("tree", description="files of one commit, or every version")
    at: str = Field("HEAD", description="a revision, or a date (2026-05-01): the last commit before it")
    licence: SourceLicence = ""


class PythonEnvironmentSource(Section):
    """The standard library and the installed packages of the Python that runs the lab: one repository each."""

    kind: Literal["python-environment"]
    packages: list[str] = Field(default_factory=list, description="distribution names; empty takes none")
    stdlib: bool = True


Source = Annotated[FolderSource | GitSource | PythonEnvironmentSource, Field(discriminator="kind")]


class Executor(Section):
    """Where datatrove runs the pipeline. The same pipeline runs on one machine, on slurm or on ray."""

    kind: Literal["local", "slurm", "ray"] = "local"
    tasks: int = Field(2, ge=1, description="shards; fixed for a data set, since duplicates are found by shard")
    workers: int = Field(1, ge=1)
    partition: str = Field("", description="slurm: where its jobs run")
    time: str = "04:00:00"

    @model_validator(mode="after")
    def _partition(self) -> Executor:
        if self.kind == "slurm" and not self.partition:
            raise ValueError("kind = 'slurm' needs `partition`, the name that `sinfo` shows")
        return self


class Split(Section):
    unit: Literal["repository", "directory", "file"] = "repository"
    valid: float = Field(0.05, ge=0, lt=1)
    heldout: float = Field(0.05, ge=0, lt=1)
    valid_names: list[str] = Field(default_factory=list, description="repositories that must be in valid")
    heldout_names: list[str] = Field(default_factory=list)
    max_overlap: float = Field(
        0.1, ge=0, le=1, description="share of a valid or held-out document's runs of lines that may stand in train"
    )

    @model_validator(mode="after")
    def _rest(self) -> Split:
        if self.valid + self.heldout >= 1:
            raise ValueError("valid and heldout together leave nothing to train on")
        return self


class Collect(Section):
    sources: list[Source] = Field(min_length=1)
    languages: list[Language] = Field(default_factory=list, description="empty takes every known language")
    licences: list[Licence] = Field(default_factory=lambda: list(PERMISSIVE_LICENCES))
    exclude: list[str] = Field(default_factory=list, description="glob patterns on the path in the repository")
    min_bytes: int = Field(64, ge=1)
    max_bytes: int = Field(400_000, ge=1)
    max_line_length: int = Field(1000, ge=80)
    max_mean_line_length: int = Field(100, ge=20)
    min_alphanumeric: float = Field(0.25, ge=0, le=1)
    secrets: Literal["drop", "redact"] = "drop"
    personal_data: Literal["replace", "keep"] = "replace"
    near_duplicates: bool = True
    format: Literal["jsonl", "parquet"] = "jsonl"
    executor: Executor = Executor()
    split: Split = Split()

    @model_validator(mode="after")
    def _sizes(self) -> Collect:
        if self.min_bytes > self.max_bytes:
            raise ValueError(f"min_bytes ({self.min_bytes}) is above max_bytes ({self.max_bytes})")
        return self


class Tokenize(Section):
    vocabulary: int = Field(4096, ge=320, le=262_144)
    from_model: str = Field("", description="path of a GGUF file or a model folder whose tokenizer is taken")
    train_bytes: int = Field(50_000_000, ge=1000, description="bytes of text that train the tokenizer")


class Model(Section):
    architecture: Literal["qwen3", "qwen2", "llama"] = "qwen3"
    layers: int = Field(6, ge=1)
    width: int = Field(256, ge=16)
    heads: int = Field(4, ge=1)
    kv_heads: int = Field(2, ge=1)
    head_width: int = Field(0, ge=0, description="0 is width / heads")
    feed_forward: int = Field(704, ge=16)
    context: int = Field(512, ge=64)
    rope_theta: float = Field(10_000.0, gt=0)
    norm_epsilon: float = Field(1e-6, gt=0)
    tied_embeddings: bool = True

    @model_validator(mode="after")
    def _divisible(self) -> Model:
        if self.heads % self.kv_heads:
            raise ValueError(f"heads ({self.heads}) must be a multiple of kv_heads ({self.kv_heads})")
        if not self.head_width and self.width % self.heads:
            raise ValueError(f"width ({self.width}) must be a multiple of heads ({self.heads})")
        if (self.head_width or self.width // self.heads) % 2:
            which = "head_width" if self.head_width else "width / heads"
            raise ValueError(f"{which} must be even: positions turn pairs of numbers (RoPE)")
        return self


class Fim(Section):
    rate: float = Field(0.5, ge=0, le=1, description="share of documents turned into fill-in-the-middle")
    spm_rate: float = Field(0.0, ge=0, le=1, description="share of those in suffix-prefix-middle order")
    header_rate: float = Field(
        0.5, ge=0, le=1, description="share of documents led by repository and path, with a hole by another file too"
    )


class Train(Section):
    steps: int = Field(ge=1)
    batch: int = Field(8, ge=1, description="sequences per device and micro-step")
    accumulation: int = Field(1, ge=1)
    learning_rate: float = Field(1e-3, gt=0)
    schedule: Literal["cosine", "wsd", "constant"] = "wsd"
    warmup: float = Field(0.05, ge=0, lt=1, description="share of the steps")
    decay: float = Field(0.2, ge=0, le=1, description="wsd: share of the steps at the end")
    final_learning_rate: float = Field(0.05, ge=0, le=1, description="share of learning_rate at the end")
    weight_decay: float = Field(0.1, ge=0)
    beta2: float = Field(0.95, gt=0, lt=1)
    clip: float = Field(1.0, gt=0)
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    compile: bool = False
    workers: int = Field(0, ge=0, description="processes that prepare batches")
    checkpoint_every: int = Field(200, ge=1, description="steps")
    keep_checkpoints: int = Field(2, ge=1)
    evaluate_every: int = Field(100, ge=1)
    evaluate_batches: int = Field(8, ge=1)
    fim: Fim = Fim()


class Adapt(Section):
    base: str = Field(description="GGUF file of the model to adapt, for example the one the extension has")
    rank: int = Field(8, ge=1, le=256)
    alpha: float = Field(16, gt=0)
    dropout: float = Field(0.0, ge=0, lt=1)
    targets: list[Matrix] = Field(default_factory=lambda: ["q_proj", "k_proj", "v_proj", "o_proj"], min_length=1)
    steps: int = Field(200, ge=1)
    batch: int = Field(1, ge=1)
    accumulation: int = Field(4, ge=1)
    learning_rate: float = Field(2e-4, gt=0)
    warmup: float = Field(0.05, ge=0, lt=1)
    prefix_tokens: int = Field(192, ge=8)
    suffix_tokens: int = Field(48, ge=0)
    middle_tokens: int = Field(64, ge=4)
    context_rate: float = Field(0.5, ge=0, le=1, description="share of samples with pieces of other files in front")
    context_tokens: int = Field(96, ge=0, description="tokens that those take at most")
    loss: Literal["middle", "all"] = Field("middle", description="train on the hole only, or on the whole prompt")
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    checkpoint_every: int = Field(25, ge=1)
    evaluate_every: int = Field(25, ge=1)
    evaluate_samples: int = Field(24, ge=1)


class Evaluate(Section):
    cases: str = Field("", description="a cases.jsonl(.gz); empty makes cases from the held-out part")
    repository: str = Field("", description="git repository whose commits after `cut` give the cases")
    cut: str = Field("", description="date; lines added later become cases")
    path_pattern: Pattern = Field("", description="regular expression on the paths that give cases")
    count: int = Field(100, ge=1, description="cases to make; a file of cases is taken whole")
    prefix_tokens: int = Field(384, ge=8)
    suffix_tokens: int = Field(64, ge=0)
    max_tokens: int = Field(48, ge=1)
    confidence: float = Field(0.95, gt=0.5, lt=1)

    @model_validator(mode="after")
    def _cut(self) -> Evaluate:
        if self.repository and not self.cut:
            raise ValueError("repository needs `cut`, the date after which lines are new")
        return self


class Export(Section):
    types: list[Literal["f32", "f16", "q8_0"]] = Field(default_factory=lambda: ["f16", "q8_0"])
    name: str = Field(
        "", pattern=r"^[^/\\\x00-\x1f]*$", description="the model's name in the editor; empty is the run's name"
    )
    licence: str = Field("", description="SPDX expression in the file's metadata; empty claims none")


class Run(Section):
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    output: str = Field("", description="folder of the results; empty is runs/NAME in the current folder")
    seed: int = 0
    steps: list[Step] = Field(min_length=1)


class Recipe(Section):
    """One recipe.toml. A step's section is needed exactly when the step is in `run.steps`."""

    run: Run
    collect: Collect | None = None
    tokenize: Tokenize = Tokenize()
    model: Model = Model()
    train: Train | None = None
    adapt: Adapt | None = None
    evaluate: Evaluate = Evaluate()
    export: Export = Export()

    @model_validator(mode="after")
    def _sections(self) -> Recipe:
        for step in self.run.steps:
            if getattr(self, step) is None:
                raise ValueError(f"run.steps names '{step}', but there is no [{step}] section")
        return self
