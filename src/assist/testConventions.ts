import * as path from "node:path/posix";

/** What tells how a project tests. Paths are relative to the workspace folder, with forward slashes. */
export interface ProjectFacts {
  /** Test files that exist. */
  readonly tests: readonly string[];
  /** Texts of manifests by file name: `package.json`, `pyproject.toml`, … */
  readonly manifests: ReadonlyMap<string, string>;
}

const scripts = new Set(["typescript", "typescriptreact", "javascript", "javascriptreact"]);

/** The test framework that a project uses for a language; undefined when nothing tells. */
export function testFramework(languageId: string, { manifests, tests }: ProjectFacts): string | undefined {
  if (scripts.has(languageId)) {
    const names = dependencies(manifests.get("package.json"));
    return ["vitest", "jest", "mocha", "ava"].find((name) => names.has(name)) ?? "node:test";
  }
  switch (languageId) {
    case "python": {
      const named = [...manifests].some(([file, text]) => file === "pytest.ini" || /\bpytest\b/.test(text));
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
function dependencies(manifest: string | undefined): ReadonlySet<string> {
  try {
    const { dependencies: normal, devDependencies: dev } = JSON.parse(manifest ?? "{}") as Record<
      string,
      object
    >;
    return new Set([...Object.keys(normal ?? {}), ...Object.keys(dev ?? {})]);
  } catch {
    return new Set();
  }
}
