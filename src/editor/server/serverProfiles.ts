import type * as vscode from "vscode";
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

  report(name: string): ServerReport | undefined {
    return this.#reports[name];
  }

  /** Keeps the profile, in place of one of the same name, and uses it. */
  async save(profile: ServerProfile, report: ServerReport): Promise<void> {
    await this.#write([...this.all.filter(({ name }) => name !== profile.name), profile]);
    await this.#memory.update(reportsKey, { ...this.#reports, [profile.name]: report });
    await this.use(profile.name);
  }

  /** @param name undefined goes back to the embedded engine. */
  async use(name: string | undefined): Promise<void> {
    await this.#settings.update("server.profile", name);
    await this.#settings.update("backend", name === undefined ? undefined : "server");
  }

  /** Forgets the profile, not its server's key. */
  async remove(name: string): Promise<void> {
    if (this.current === name) await this.use(undefined);
    await this.#write(this.all.filter((profile) => profile.name !== name));
    const { [name]: _, ...reports } = this.#reports;
    await this.#memory.update(reportsKey, reports);
  }

  get #reports(): Readonly<Record<string, ServerReport>> {
    return this.#memory.get(reportsKey, {});
  }

  async #write(profiles: readonly ServerProfile[]): Promise<void> {
    const byName = Object.fromEntries(profiles.map(({ name, ...profile }) => [name, profile]));
    await this.#settings.update("server.profiles", profiles.length > 0 ? byName : undefined);
  }
}
