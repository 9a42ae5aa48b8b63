import { createHash } from "node:crypto";
import { chmod, mkdir, open, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../base/log.ts";
import type { TokenId } from "./modelRuntime.ts";
import type { EngineConfig } from "./protocol.ts";

const stateEnding = ".state";
const tokensEnding = ".tokens";
const staleMs = 14 * 24 * 3_600_000;
/** Enough for a dozen prompts of the small models. */
const mostBytes = 256 * 1024 * 1024;
const mostStates = 12;
/** Of the model file's beginning and end, which hold its metadata and its last weights. */
const sampledBytes = 1024 * 1024;

interface SavedState {
  readonly name: string;
  readonly tokens: readonly TokenId[];
  readonly bytes: number;
  usedAt: number;
}

/**
 * Evaluated prompts of one model on disk, so that a file that is shown again is warm at once: after another file, after
 * the model has left the memory, and after a restart. They hold the user's code in the form of tokens and numbers, so
 * the folder is the user's own, bounded, and what nobody used for two weeks is deleted.
 */
export class PromptStates {
  readonly #folder: string;
  readonly #model: string;
  readonly #log: Log;
  readonly #states: SavedState[] = [];

  private constructor(folder: string, model: string, log: Log) {
    this.#folder = folder;
    this.#model = model;
    this.#log = log;
  }

  /** @param model fingerprint: a state of another model or another llama.cpp must never be loaded. */
  static async open(folder: string, model: string, log: Log): Promise<PromptStates> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // The folder may be there already, with other rights.
    await chmod(folder, 0o700);
    const states = new PromptStates(folder, model, log);
    await states.#read();
    return states;
  }

  /** The state that shares most of its beginning with `tokens`, if that is more than `least` tokens. */
  best(
    tokens: readonly TokenId[],
    least: number,
  ): { readonly path: string; readonly common: number } | undefined {
    let best: { state: SavedState; common: number } | undefined;
    for (const state of this.#states) {
      const common = commonLength(state.tokens, tokens);
      if (common > (best?.common ?? least)) best = { state, common };
    }
    if (!best) return undefined;
    best.state.usedAt = Date.now();
    const path = this.#path(best.state.name, stateEnding);
    const now = new Date();
    utimes(path, now, now).catch((error: unknown) =>
      this.#log.debug(`A saved prompt is not there: ${error}`),
    );
    return { path, common: best.common };
  }

  /**
   * Keeps what `write` puts into the file that it is given; states that are the beginning of this one go.
   * @param write resolves to the number of bytes.
   */
  async save(tokens: readonly TokenId[], write: (path: string) => Promise<number>): Promise<void> {
    const name = `${this.#model}-${digest(tokens)}`;
    const known = this.#states.find((state) => state.name === name);
    if (known) {
      known.usedAt = Date.now();
      return;
    }
    const unfinished = this.#path(`${name}.${process.pid}`, ".part");
    try {
      const bytes = await write(unfinished);
      await chmod(unfinished, 0o600);
      await writeFile(this.#path(name, tokensEnding), Uint32Array.from(tokens), { mode: 0o600 });
      await rename(unfinished, this.#path(name, stateEnding));
      const covered = this.#states.filter(
        (state) => commonLength(state.tokens, tokens) > 0.8 * state.tokens.length,
      );
      this.#states.push({ name, tokens: [...tokens], bytes, usedAt: Date.now() });
      for (const state of covered) await this.#delete(state);
      await this.#bound();
    } finally {
      await rm(unfinished, { force: true });
    }
  }

  /** A state that cannot be loaded is of no use a second time. */
  async forget(path: string): Promise<void> {
    const state = this.#states.find(({ name }) => this.#path(name, stateEnding) === path);
    if (state) await this.#delete(state);
  }

  async #read(): Promise<void> {
    const names = new Set(await readdir(this.#folder));
    for (const file of names) {
      try {
        await this.#readOne(file, names);
      } catch (error) {
        // Another window has just deleted it.
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      }
    }
    await this.#bound();
  }

  async #readOne(file: string, names: ReadonlySet<string>): Promise<void> {
    const path = join(this.#folder, file);
    const name = file.replace(/\.(state|tokens|part)$/, "");
    const { mtimeMs, size } = await stat(path);
    const isWhole = file.endsWith(stateEnding)
      ? names.has(name + tokensEnding)
      : file.endsWith(tokensEnding) && names.has(name + stateEnding);
    // Another window may be writing.
    if (!isWhole && Date.now() - mtimeMs < 60_000) return;
    if (!isWhole || (file.endsWith(stateEnding) && Date.now() - mtimeMs > staleMs)) {
      await rm(path, { force: true });
      return;
    }
    if (!file.endsWith(stateEnding) || !name.startsWith(`${this.#model}-`)) return;
    const bytes = await readFile(this.#path(name, tokensEnding));
    const tokens = [...new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2)];
    this.#states.push({ name, tokens, bytes: size, usedAt: mtimeMs });
  }

  async #bound(): Promise<void> {
    this.#states.sort((a, b) => b.usedAt - a.usedAt);
    let bytes = 0;
    for (const [index, state] of [...this.#states].entries()) {
      bytes += state.bytes;
      if (index >= mostStates || bytes > mostBytes) await this.#delete(state);
    }
  }

  async #delete(state: SavedState): Promise<void> {
    this.#states.splice(this.#states.indexOf(state), 1);
    for (const ending of [stateEnding, tokensEnding])
      await rm(this.#path(state.name, ending), { force: true });
  }

  #path(name: string, ending: string): string {
    return join(this.#folder, name + ending);
  }
}

/** Undefined where none are wanted, or where the folder cannot be used: completion works without. */
export async function openPromptStates(
  { promptFolder, modelPath, adapterPath }: Pick<EngineConfig, "promptFolder" | "modelPath" | "adapterPath">,
  build: string,
  log: Log,
): Promise<PromptStates | undefined> {
  if (promptFolder === undefined) return undefined;
  try {
    const adapter = adapterPath === undefined ? [] : [await modelFingerprint(adapterPath, [])];
    const model = await modelFingerprint(modelPath, [build, ...adapter]);
    return await PromptStates.open(promptFolder, model, log);
  } catch (error) {
    log.warn(`Evaluated prompts are not kept: ${error}`);
    return undefined;
  }
}

/** Tells model files apart without reading all of them; `more` is what else a state depends on. */
export async function modelFingerprint(path: string, more: readonly string[]): Promise<string> {
  const hash = createHash("sha256").update(more.join("\0"));
  const file = await open(path);
  try {
    const { size, mtimeMs } = await file.stat();
    hash.update(`${size} ${mtimeMs}`);
    for (const position of [0, Math.max(0, size - sampledBytes)]) {
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(sampledBytes), position });
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
  return hash.digest("hex").slice(0, 24);
}

export function commonLength(left: readonly TokenId[], right: readonly TokenId[]): number {
  const most = Math.min(left.length, right.length);
  let length = 0;
  while (length < most && left[length] === right[length]) length++;
  return length;
}

function digest(tokens: readonly TokenId[]): string {
  return createHash("sha256").update(Uint32Array.from(tokens)).digest("hex").slice(0, 24);
}
