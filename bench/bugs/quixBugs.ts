import { access, readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { hunksOf } from "../../src/assist/hunks.ts";
import type { BugCase } from "./bugCase.ts";

/** Whether a folder is a checkout of QuixBugs (https://github.com/jkoppel/QuixBugs, MIT licence). */
export async function isQuixBugs(folder: string): Promise<boolean> {
  const parts = ["python_programs", "python_testcases", "correct_python_programs"];
  const found = parts.map((part) =>
    access(path.join(folder, part)).then(
      () => true,
      () => false,
    ),
  );
  return (await Promise.all(found)).every(Boolean);
}

/**
 * Takes the place of the checkout's own conftest.py: gives every test its own time limit (an endless loop is the usual
 * way in which these programs fail) and can leave out every second test. A user's check knows a part of the tests
 * only; the judge knows all of them.
 */
const conftest = `import signal
import pytest


def pytest_addoption(parser):
    parser.addoption("--every-second", action="store_true")


def pytest_configure(config):
    pytest.use_correct = False
    pytest.run_slow = False


def pytest_collection_modifyitems(config, items):
    if config.getoption("--every-second"):
        items[:] = items[::2]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    def late(signum, frame):
        raise TimeoutError("the test took more than 2 seconds")

    signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, 2)
    try:
        return (yield)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
`;

/**
 * The Python programs of QuixBugs as cases. The place of a bug is where the program differs from its correct version;
 * the check command runs every second test, the judge all.
 * @param root a checkout.
 */
export async function quixBugsCases(root: string): Promise<readonly BugCase[]> {
  const read = async (...parts: string[]): Promise<string> =>
    (await readFile(path.join(root, ...parts), "utf8")).replaceAll("\r\n", "\n");
  const names = (await readdir(path.join(root, "python_testcases")))
    .flatMap((name) => /^test_(.+)\.py$/.exec(name)?.[1] ?? [])
    .sort();
  const data = new Set(await readdir(path.join(root, "json_testcases")));
  const shared = new Map([
    ["conftest.py", conftest],
    ["python_testcases/load_testdata.py", await read("python_testcases", "load_testdata.py")],
    ["python_testcases/node.py", await read("python_testcases", "node.py")],
  ]);
  const cases: BugCase[] = [];
  for (const name of names) {
    const source = `python_programs/${name}.py`;
    const test = `python_testcases/test_${name}.py`;
    const buggy = await read(source);
    const fixed = likeBuggy(buggy, await read("correct_python_programs", `${name}.py`));
    const files = new Map([...shared, [source, buggy], [test, await read(test)]]);
    if (data.has(`${name}.json`))
      files.set(`json_testcases/${name}.json`, await read("json_testcases", `${name}.json`));
    const command = ["python3", "-B", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", test];
    cases.push({
      id: name,
      languageId: "python",
      source,
      files,
      bugLines: differingLines(buggy, fixed),
      test: command,
      check: [...command, "--every-second"],
      fixed,
      timeLimitMs: 60_000,
      memoryLimitMiB: 2048,
    });
  }
  return cases;
}

/**
 * The correct version as the buggy one is described. Some of the correct files hold more correct versions behind the
 * code, from which a model would know that the first is right; the others lack the description.
 */
export function likeBuggy(buggy: string, fixed: string): string {
  const [code = ""] = fixed.split('\n"""');
  const description = buggy.indexOf('\n"""');
  return description === -1 ? fixed : `${code.trimEnd()}\n\n${buggy.slice(description)}`;
}

/** Lines of `buggy`, from 1, that its correct version changes; where only lines are missing, those around the gap. */
export function differingLines(buggy: string, fixed: string): readonly (readonly [number, number])[] {
  // Comments and the description behind the code differ without being bugs.
  const code = (text: string): string =>
    `${(text.split('\n"""')[0] ?? "").trimEnd().replace(/[ \t]*#.*$/gm, "")}\n`;
  return hunksOf(code(buggy), code(fixed))
    .filter((hunk) => `${hunk.oldText}${hunk.newText}`.trim() !== "")
    .map(({ oldStart, oldText }) => {
      const lines = oldText.split("\n").slice(0, -1);
      const wrong = lines.findIndex((line) => line.trim() !== "");
      if (wrong === -1) return [Math.max(1, oldStart), oldStart + 1];
      const last = lines.findLastIndex((line) => line.trim() !== "");
      return [oldStart + wrong + 1, oldStart + last + 1];
    });
}
