import assert from "node:assert/strict";
import { type JudgingExtension, judgesOf, LanguageSilence } from "../../../src/assist/languageSilence.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";

const extension = (
  activationEvents: readonly string[],
  rest: Partial<JudgingExtension> = {},
): JudgingExtension => ({
  ...{ isBuiltin: false, isActive: false, hasCode: true, languages: [] },
  activationEvents,
  ...rest,
});

describe("judgesOf", () => {
  it("knows an extension that names the language or brings it, the editor's own too", () => {
    const server = extension(["onLanguage:lua"]);
    assert.equal(judgesOf([server], "lua"), "named");
    assert.equal(judgesOf([extension([], { languages: ["lua"] })], "lua"), "named");
    assert.equal(judgesOf([extension(["onLanguage:php"], { isBuiltin: true })], "php"), "named");
    assert.equal(judgesOf([server], "kotlin"), "none");
  });

  it("takes none that runs nothing for a judge", () => {
    assert.equal(judgesOf([extension([], { languages: ["lua"], hasCode: false })], "lua"), "none");
  });

  it("holds it possible that one judges that looks at any file or is at work, but for the editor's own", () => {
    for (const event of ["*", "onStartupFinished", "onLanguage", "workspaceContains:**/.editorconfig"]) {
      assert.equal(judgesOf([extension([event])], "lua"), "possible", event);
      assert.equal(judgesOf([extension([event], { isBuiltin: true })], "lua"), "none", event);
    }
    assert.equal(judgesOf([extension(["onCommand:check"])], "lua"), "none");
    assert.equal(judgesOf([extension(["onCommand:check"], { isActive: true })], "lua"), "possible");
  });
});

describe("LanguageSilence", () => {
  it("knows the reports of others from those about Wisp's own findings", () => {
    const about = { key: "a", languageId: "lua", hasOthers: false };
    const judged = (
      ...reports: readonly { readonly own: string; readonly hasOthers?: boolean }[]
    ): boolean => {
      const clock = new FakeClock();
      const silence = new LanguageSilence(clock);
      for (const report of reports) {
        silence.reported({ ...about, ...report });
        clock.advance(600);
      }
      return silence.mayEnd("lua", "none");
    };
    const [own, none] = [{ own: "1: may be wrong" }, { own: "" }];
    assert.equal(judged(own), false);
    assert.equal(judged(own, { own: "2: may be wrong" }, none), false, "moved, and gone");
    assert.equal(judged(own, none, none), false, "the editor tells once more");
    assert.equal(judged(own, none, none, none), true);
    assert.equal(judged(own, own), true, "nothing of Wisp's has changed");
    assert.equal(judged({ ...own, hasOthers: true }), true);
    assert.equal(judged(none), true);
  });

  it("waits for nobody where nobody can judge, and long for a server that is slow to begin", () => {
    const clock = new FakeClock();
    const silence = new LanguageSilence(clock);
    silence.shown("lua");
    assert.equal(silence.mayEnd("lua", "none"), false);
    clock.advance(59_000);
    silence.shown("lua");
    assert.equal(silence.mayEnd("lua", "possible"), true);
    clock.advance(1_000);
    assert.equal(silence.mayEnd("lua", "possible"), false);
    assert.equal(silence.mayEnd("lua", "named"), true);
    assert.equal(silence.mayEnd("kotlin", "possible"), true, "not shown before");
    clock.advance(540_000);
    assert.equal(silence.mayEnd("lua", "named"), false);
  });

  it("always waits where a document of the language was judged once", () => {
    const clock = new FakeClock();
    const silence = new LanguageSilence(clock);
    silence.shown("lua");
    silence.reported({ key: "a", languageId: "lua", own: "", hasOthers: false });
    clock.advance(3_600_000);
    for (const judges of ["named", "possible", "none"] as const)
      assert.equal(silence.mayEnd("lua", judges), true);
  });
});
