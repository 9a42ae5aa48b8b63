import * as path from "node:path/posix";

/** A `package.json`, `pyproject.toml`, … */
export interface Manifest {
  /** The folder it lies in, relative to the workspace folder, with forward slashes; empty for that folder itself. */
  readonly folder: string;
  readonly name: string;
  readonly text: string;
}

/** What tells how a project tests. */
export interface ProjectFacts {
  /** Test files that exist, relative to the project's folder, with forward slashes. */
  readonly tests: readonly string[];
  /** Those of the project, and of the folders around it, the nearest first. */
  readonly manifests: readonly Manifest[];
}

/**
 * The folder of the project that a file belongs to: in a workspace of several the nearest.
 * @param manifests of the folders on the way to the file, the nearest first.
 */
export function projectFolder(manifests: readonly Manifest[]): string {
  // One without a name only says how Node reads the files beside it.
  const isProject = ({ name, text }: Manifest): boolean => name !== "package.json" || /"name"\s*:/.test(text);
  return manifests.find(isProject)?.folder ?? "";
}

const scripts = new Set(["typescript", "typescriptreact", "javascript", "javascriptreact"]);

/** The test framework that a project uses for a language; undefined when nothing tells. */
export function testFramework(languageId: string, { manifests, tests }: ProjectFacts): string | undefined {
  if (scripts.has(languageId)) {
    for (const { name, text } of manifests) {
      const names = name === "package.json" ? dependencies(text) : undefined;
      const found = ["vitest", "jest", "mocha", "ava"].find((one) => names?.has(one));
      if (found) return found;
    }
    return "node:test";
  }
  switch (languageId) {
    case "python": {
      const named = manifests.some(({ name, text }) => name === "pytest.ini" || /\bpytest\b/.test(text));
      return named || tests.some((test) => path.basename(test) === "conftest.py") ? "pytest" : "unittest";
    }
    case "go":
      return "the testing package";
    case "java":
      return "JUnit";
    default:
      return undefined;
  }
}

/** Where a project would keep the tests of `source`. */
export function testPathOf(source: string, languageId: string, { tests }: ProjectFacts): string {
  const { dir, name, ext } = path.parse(source);
  if (languageId === "python") {
    const folder = tests.map(topFolder).find((top) => /^tests?$/.test(top));
    return path.join(folder ?? dir, `test_${name}.py`);
  }
  if (languageId === "go") return path.join(dir, `${name}_test.go`);
  if (languageId === "java") return path.join(dir.replace(/\bsrc\/main\b/, "src/test"), `${name}Test.java`);
  if (languageId === "rust") return path.join(topFolder(source) === "src" ? "tests" : dir, `${name}.rs`);
  const infix = tests.some((test) => /\.spec\.[^./]+$/.test(test)) ? "spec" : "test";
  const own = tests.filter((test) => test.endsWith(ext));
  const beside =
    own.length === 0 || own.some((test) => path.dirname(test) === dir || dir.startsWith(path.dirname(test)));
  const folder = own.map(topFolder).find((top) => /^(?:__tests__|tests?|specs?)$/.test(top));
  return path.join(beside || !folder ? dir : folder, `${name}.${infix}${ext}`);
}

/** The test that is most like the one to write: of the same kind of file, and near. */
export function exampleTest(source: string, { tests }: ProjectFacts): string | undefined {
  const { dir, ext } = path.parse(source);
  const near = (test: string): number => {
    const [a, b] = [dir.split("/"), path.dirname(test).split("/")];
    return a.filter((part, index) => part === b[index]).length;
  };
  return tests
    .filter((test) => test.endsWith(ext) && path.basename(test) !== "conftest.py")
    .sort((a, b) => near(b) - near(a) || a.localeCompare(b))[0];
}

function topFolder(file: string): string {
  const slash = file.indexOf("/");
  return slash === -1 ? "" : file.slice(0, slash);
}

/** A manifest that cannot be read tells nothing. */
function dependencies(manifest: string): ReadonlySet<string> {
  try {
    const { dependencies: normal, devDependencies: dev } = JSON.parse(manifest) as Record<string, object>;
    return new Set([...Object.keys(normal ?? {}), ...Object.keys(dev ?? {})]);
  } catch {
    return new Set();
  }
}
