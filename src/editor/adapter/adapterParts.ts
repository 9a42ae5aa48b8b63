import type * as vscode from "vscode";
import type { ModelControl } from "../modelControl.ts";
import type { Settings } from "../settings.ts";

export interface AdapterParts {
  readonly settings: Settings;
  readonly control: ModelControl;
  readonly log: vscode.LogOutputChannel;
  /** The model that the settings name, whether or not it is in use now. */
  readonly model: () => Promise<{ readonly name: string; readonly id: string; readonly path: string }>;
  /** Folder of what was adapted. */
  readonly made: string;
  /** Folder of the lab's Python packages. */
  readonly environment: string;
  /** Folder of the lab's sources. */
  readonly lab: string;
}
