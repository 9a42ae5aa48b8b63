import type { ImportedName } from "../syntax/syntaxService.ts";
import type { FamilyView } from "./outlineIndex.ts";

const mostTargets = 40;

/** Paths of the workspace that an import names, as far as its text and the files' names tell; no build file is read. */
export function importTargets(
  imported: Pick<ImportedName, "from" | "name">,
  languageId: string,
  ownPath: string,
  view: FamilyView,
): readonly string[] {
  const { from, name } = imported;
  switch (languageId) {
    case "typescript":
    case "typescriptreact":
    case "javascript":
    case "javascriptreact":
      return scriptTargets(from, ownPath, view);
    case "python":
      return pythonTargets(from, name, ownPath, view);
    case "go":
      return inFolder(from, view);
    case "rust":
      return endingIn(
        [from.replace(/^(?:crate|self|super)(?:::|$)/g, ""), parentOf(from, "::")],
        "::",
        view,
        [".rs", "/mod.rs"],
      );
    case "java":
      return endingIn([from, parentOf(from, ".")], ".", view, [".java"]);
    case "c":
    case "cpp":
    case "cuda-cpp":
      return [...view.paths()]
        .filter((path) => path === from || path.endsWith(`/${from}`))
        .slice(0, mostTargets);
    case "ruby":
      return endingIn([from.replace(/^[./]+/, "")], "/", view, [".rb"]);
    default:
      return endingIn([from.replaceAll("\\", ".")], ".", view, [".cs", ".php"]);
  }
}

/** A relative module, or one whose last parts are a path of the workspace; re-exports are followed. */
function scriptTargets(from: string, ownPath: string, view: FamilyView): readonly string[] {
  const found = new Set<string>();
  const follow = (specifier: string, at: string): void => {
    if (!specifier.startsWith(".")) return;
    const base = joined(at, specifier).replace(/\.(?:[cm]?[jt]sx?)$/, "");
    for (const ending of scriptEndings) {
      const path = base + ending;
      const file = view.file(path);
      if (!file || found.has(path) || found.size >= mostTargets) continue;
      found.add(path);
      for (const next of file.reexports) follow(next, path);
    }
  };
  follow(from, ownPath);
  return [...found];
}

const scriptEndings = [
  ".ts",
  ".tsx",
  ".mts",
  ".cts",
  ".js",
  ".jsx",
  ".mjs",
  ".cjs",
  "/index.ts",
  "/index.tsx",
  "/index.js",
];

function pythonTargets(from: string, name: string, ownPath: string, view: FamilyView): readonly string[] {
  const dots = /^\.*/.exec(from)?.[0].length ?? 0;
  const module = from.slice(dots).replaceAll(".", "/");
  const stems = module ? [`${module}/${name}`, module] : [name, ""];
  if (dots > 0) {
    const folder = ownPath.split("/").slice(0, -dots).join("/");
    return stems
      .flatMap((stem) => [`${folder}/${stem}.py`, `${folder}/${stem}/__init__.py`])
      .map((path) => path.replace(/^\/|\/(?=\/)/g, ""))
      .filter((path) => view.file(path));
  }
  return endingIn(stems, "/", view, [".py", ".pyi", "/__init__.py"]);
}

/** All files of the folder that the longest end of a Go import path names. */
function inFolder(from: string, view: FamilyView): readonly string[] {
  const parts = from.split("/");
  for (let start = 0; start < parts.length; start++) {
    const folder = parts.slice(start).join("/");
    const inside = [...view.paths()].filter((path) => {
      const own = path.slice(0, Math.max(0, path.lastIndexOf("/")));
      return own === folder;
    });
    if (inside.length > 0) return inside.slice(0, mostTargets);
  }
  return [];
}

/** The files whose paths end in one of the dotted names, the first name that has any. */
function endingIn(
  names: readonly string[],
  separator: string,
  view: FamilyView,
  endings: readonly string[],
): readonly string[] {
  for (const name of names) {
    const stem = name.replaceAll("::", "/").replaceAll(separator, "/");
    if (stem === "") continue;
    const wanted = endings.map((ending) => stem + ending);
    const found = [...view.paths()].filter((path) =>
      wanted.some((end) => path === end || path.endsWith(`/${end}`)),
    );
    if (found.length > 0) return found.slice(0, mostTargets);
  }
  return [];
}

function parentOf(name: string, separator: string): string {
  const at = name.lastIndexOf(separator);
  return at < 0 ? "" : name.slice(0, at);
}

function joined(ownPath: string, relative: string): string {
  const parts = ownPath.split("/").slice(0, -1);
  for (const part of relative.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
}
