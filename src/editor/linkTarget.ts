/** A path without links; rejects where there is nothing. */
export type RealPath = (path: string) => Promise<string>;

/**
 * Where a file lies when every link on its path is followed, as a path through the folder of the workspace that holds it.
 * @param folders of the workspace, as paths.
 * @returns `path` itself where nothing is there; undefined when it lies in the workspace and a link leads out of it, or in a
 *   circle: a repository may hold links to files of the user's that have nothing to do with it.
 */
export async function linkTarget(
  path: string,
  folders: readonly string[],
  realPath: RealPath,
): Promise<string | undefined> {
  try {
    const real = await realPath(path);
    if (!folders.some((folder) => within(folder, path) !== undefined)) return real;
    for (const folder of folders) {
      // The folder itself may be opened through a link.
      const inside = within(await realPath(folder), real);
      if (inside !== undefined) return folder + inside;
    }
    return undefined;
  } catch (error) {
    const { code } = error as { readonly code?: string };
    return code === "ENOENT" || code === "ENOTDIR" ? path : undefined;
  }
}

/** What of `path` follows `folder`, with its separator; undefined when it lies elsewhere. */
function within(folder: string, path: string): string | undefined {
  const rest = path.startsWith(folder) ? path.slice(folder.length) : undefined;
  return rest === "" || /^[\\/]/.test(rest ?? "") ? rest : undefined;
}
