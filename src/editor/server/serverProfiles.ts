import type * as vscode from "vscode";
import { isRecord } from "../../model/completionEvents.ts";
import type { ServerProfile } from "../../model/serverProfile.ts";
import type { Settings } from "../settings.ts";
import type { ServerReport } from "./reportText.ts";

const reportsKey = "wisp.serverReports";

/** Server profiles in the user's settings, and beside them what the last probe of each found. */
export class ServerProfiles {
  readonly #settings: Settings;
  readonly #memory: vscode.Memento;

  constructor(settings: Settings, memory: vscode.Memento) {
    this.#settings = settings;
    this.#memory = memory;
  }

  get all(): readonly ServerProfile[] {
    return this.#settings.machine.server.profiles;
  }

  /** Name of the profile in use; undefined while the embedded engine or a bare address is. */
  get current(): string | undefined {
    const { backend, server } = this.#settings.machine;
    return backend === "server" ? server.profile : undefined;
  }

  /** The address that counts where no profile is in use, as it is written. */
  get bareUrl(): string | undefined {
    const written = this.#settings.own("server.url");
    return typeof written === "string" ? written : undefined;
  }

  report(name: string): ServerReport | undefined {
    return this.#reports[name];
  }

  /** Keeps the profile, in place of one of the same name, and uses it. */
  async save({ name, ...profile }: ServerProfile, report: ServerReport): Promise<void> {
    await this.#write([...this.#written.filter(([other]) => other !== name), [name, profile]]);
    await this.#memory.update(reportsKey, { ...this.#reports, [name]: report });
    await this.use(name);
  }

  /** @param name undefined goes back to the embedded engine. */
  async use(name: string | undefined): Promise<void> {
    // Each of the two counts at once: in this order nothing is asked of another server in between.
    if (name === undefined) await this.#settings.update("backend", undefined);
    await this.#settings.update("server.profile", name);
    if (name !== undefined) await this.#settings.update("backend", "server");
  }

  /** Forgets the profile, not its server's key. */
  async remove(name: string): Promise<void> {
    if (this.current === name) await this.use(undefined);
    await this.#write(this.#written.filter(([other]) => other !== name));
    const { [name]: _, ...reports } = this.#reports;
    await this.#memory.update(reportsKey, reports);
  }

  get #reports(): Readonly<Record<string, ServerReport>> {
    return this.#memory.get(reportsKey, {});
  }

  /** As the settings have them: what of it cannot be used is the user's to mend, and is not lost over another profile. */
  get #written(): readonly (readonly [string, unknown])[] {
    const written = this.#settings.own("server.profiles");
    return isRecord(written) ? Object.entries(written) : [];
  }

  async #write(profiles: readonly (readonly [string, unknown])[]): Promise<void> {
    const byName = Object.fromEntries(profiles);
    await this.#settings.update("server.profiles", profiles.length > 0 ? byName : undefined);
  }
}
