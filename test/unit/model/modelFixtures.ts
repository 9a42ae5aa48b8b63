import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CatalogueEntry, catalogue } from "../../../src/model/catalogue.ts";
import type { RetryPolicy } from "../../../src/model/hubDownload.ts";
import { ModelStore, type ModelStoreOptions } from "../../../src/model/modelStore.ts";
import { ModelStoreError } from "../../../src/model/modelStoreError.ts";

/** Real time, but short. */
export const quickRetry: RetryPolicy = {
  maxTries: 3,
  firstDelayMs: 1,
  maxDelayMs: 4,
  stallMs: 400,
  progressBytes: 1000,
};

export const bytes = randomBytes(200_000);

export function entryFor(file: Buffer, more: Partial<CatalogueEntry> = {}): CatalogueEntry {
  const [model] = catalogue;
  assert(model);
  const { packages: _, ...rest } = model;
  return {
    ...rest,
    id: "small",
    name: "Small",
    fileName: "small.gguf",
    sizeBytes: file.length,
    sha256: createHash("sha256").update(file).digest("hex"),
    hub: { repo: "org/model", revision: "abc", file: "small.gguf" },
    ...more,
  };
}

export const entry = entryFor(bytes);

export function storeIn(folder: string, more: Partial<ModelStoreOptions> = {}): ModelStore {
  return new ModelStore({
    folder,
    catalogue: [entry],
    retry: quickRetry,
    lockTimes: { heartbeatMs: 20, staleMs: 60_000 },
    ...more,
  });
}

export const never = new AbortController().signal;

export function code(expected: string): (error: unknown) => boolean {
  return (error) => {
    assert(error instanceof ModelStoreError, String(error));
    assert.equal(error.code, expected, error.message);
    assert(error.hint.length > 10);
    return true;
  };
}

export async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "wisp-models-"));
  try {
    await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
