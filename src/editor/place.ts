/** What the editor tells about where it and the extension run. */
export interface PlaceFacts {
  /** Of the editor's remote connection (`ssh-remote`, `wsl`, `dev-container`, `codespaces` …); undefined for none. */
  readonly remoteName: string | undefined;
  /** Whether the extension runs where the user sits while the files are elsewhere. */
  readonly isLocal: boolean;
  /** Whether the extension itself runs in a browser. */
  readonly inBrowser: boolean;
}

/**
 * Where the engine runs and requests to servers start, to follow “Runs”; undefined where there is but one machine.
 * `127.0.0.1` means that place.
 */
export function placeText({ remoteName, isLocal, inBrowser }: PlaceFacts): string | undefined {
  if (inBrowser) return "in this browser";
  if (remoteName === undefined) return undefined;
  return isLocal ? `on your own computer, not on ${remoteName}` : `on the remote machine (${remoteName})`;
}
