import type { Clock } from "../base/clock.ts";
import type { Disposable } from "../base/disposable.ts";
import type { Log } from "../base/log.ts";
import { type ApiError, apiErrorOf } from "./apiError.ts";
import type { ModelRuntime } from "./modelRuntime.ts";

export type ModelState = "unloaded" | "loading" | "ready" | "error";

/** Loads the model at its first use, and unloads it when nobody used it for a while. */
export class ModelHolder {
  readonly #load: () => Promise<ModelRuntime>;
  readonly #options: { readonly idleUnloadMs: number; readonly clock: Clock; readonly log: Log };
  #loading: Promise<ModelRuntime> | undefined;
  #runtime: ModelRuntime | undefined;
  #unloading: Promise<void> | undefined;
  #error: ApiError | undefined;
  /** The file is no model or no adapter of it, and asking again at each key would read it again each time; a new engine looks anew. */
  #unusable: ApiError | undefined;
  #users = 0;
  #idle: Disposable | undefined;

  constructor(
    load: () => Promise<ModelRuntime>,
    options: { readonly idleUnloadMs: number; readonly clock: Clock; readonly log: Log },
  ) {
    this.#load = load;
    this.#options = options;
  }

  get state(): ModelState {
    if (this.#runtime) return "ready";
    if (this.#loading) return "loading";
    return this.#error ? "error" : "unloaded";
  }

  /** Why the last attempt to load failed. */
  get error(): ApiError | undefined {
    return this.#error;
  }

  get runtime(): ModelRuntime | undefined {
    return this.#runtime;
  }

  get isUsed(): boolean {
    return this.#users > 0;
  }

  /**
   * Runs `action` with the loaded model, which stays loaded meanwhile.
   * @throws {ApiError} when the model cannot be loaded; the next use tries again, unless the file is none that can be loaded.
   */
  async use<T>(action: (runtime: ModelRuntime) => Promise<T> | T): Promise<T> {
    this.#users++;
    this.#idle?.dispose();
    try {
      return await action(this.#runtime ?? (await this.#loaded()));
    } finally {
      if (--this.#users === 0) this.#unloadLater();
    }
  }

  #loaded(): Promise<ModelRuntime> {
    if (this.#unusable) return Promise.reject(this.#unusable);
    this.#loading ??= this.#loadNow().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #loadNow(): Promise<ModelRuntime> {
    await this.#unloading;
    this.#error = undefined;
    try {
      this.#runtime = await this.#load();
      return this.#runtime;
    } catch (error) {
      this.#error = apiErrorOf(error);
      this.#options.log.error(`The model was not loaded: ${this.#error.message}`);
      if (/^bad-/.test(this.#error.code)) this.#unusable = this.#error;
      throw this.#error;
    }
  }

  #unloadLater(): void {
    const { idleUnloadMs, clock, log } = this.#options;
    if (idleUnloadMs <= 0 || !this.#runtime) return;
    this.#idle = clock.after(idleUnloadMs, () => {
      const runtime = this.#runtime;
      if (this.#users > 0 || !runtime) return;
      this.#runtime = undefined;
      log.info("The model was not used for a while and leaves the memory");
      this.#unloading = runtime
        .dispose()
        .catch((error: unknown) => log.error(`Unloading failed: ${error}`))
        .finally(() => {
          this.#unloading = undefined;
        });
    });
  }
}
