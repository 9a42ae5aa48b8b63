import * as fs from "node:fs/promises";
import * as path from "node:path";

/**
 * What a check needs besides so that Python reads the copy of a workspace: projects are often installed as editable, and
 * then every import leads to the user's own files, whose tests say nothing about a candidate.
 * @param env the environment to which it is added.
 */
export async function checkEnvironment(
  workspaceRoot: string,
  copyRoot: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Readonly<Record<string, string>>> {
  const given = (env["PYTHONPATH"] ?? "").split(path.delimiter).filter((entry) => entry !== "");
  const inCopy = (entry: string): string => {
    const inside = path.relative(workspaceRoot, entry);
    return isOutside(inside) ? entry : path.join(copyRoot, inside);
  };
  const installed = (await editablePlaces(workspaceRoot)).filter(
    (entry) => !isOutside(path.relative(workspaceRoot, entry)),
  );
  const places = new Set([...given, ...installed].map(inCopy));
  return {
    // Nothing that is not on Python's path anyway: a module of the workspace could stand in for one of Python's own.
    ...(places.size > 0 && { PYTHONPATH: [...places].join(path.delimiter) }),
    // Two candidates of one length within one second look the same to Python's cache of compiled files.
    PYTHONDONTWRITEBYTECODE: "1",
  };
}

function isOutside(relative: string): boolean {
  return path.isAbsolute(relative) || relative.split(path.sep)[0] === "..";
}

/** The folders that the environments of a workspace add to Python's path, one a line in their `.pth` files. */
async function editablePlaces(workspaceRoot: string): Promise<readonly string[]> {
  const places: string[] = [];
  const patterns = ["lib/python*/site-packages/*.pth", "Lib/site-packages/*.pth"];
  for (const environment of [".venv", "venv"]) {
    const cwd = path.join(workspaceRoot, environment);
    for await (const file of fs.glob(patterns, { cwd })) {
      const lines = (await fs.readFile(path.join(cwd, file), "utf8")).split(/\r?\n/);
      places.push(...lines.filter((line) => path.isAbsolute(line)));
    }
  }
  return places;
}
