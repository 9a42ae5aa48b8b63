import { copyFile, mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import * as esbuild from "esbuild";
import { writeNotices } from "./scripts/vsix/notices.ts";
import { sdkApart, sdkFileName } from "./scripts/vsix/sdkApart.ts";
import { grammarFileName, grammars, runtimeFileName, runtimePackageFile } from "./src/syntax/languages.ts";

const { values: flags } = parseArgs({
  options: {
    watch: { type: "boolean", default: false },
    /** For the VSIX: minified, without source maps. */
    production: { type: "boolean", default: false },
    outdir: { type: "string", default: "dist" },
  },
});

/** @type {esbuild.BuildOptions} */
const shared = {
  bundle: true,
  platform: "node",
  target: "node22",
  minify: flags.production,
  sourcemap: flags.production ? false : "linked",
  logLevel: "info",
  // The licences of what is bundled are told in one file.
  legalComments: "none",
  metafile: true,
};

/** The extension host loads this one; small, because its size is activation time. */
/** @type {esbuild.BuildOptions} */
const extension = {
  ...shared,
  ...sdkApart,
  entryPoints: ["src/extension.ts"],
  outfile: `${flags.outdir}/extension.cjs`,
  format: "cjs",
  minify: true,
  external: ["vscode"],
  // The ES module asks for `import.meta.url`, which a CommonJS bundle does not have.
  alias: { "web-tree-sitter": resolve("node_modules/web-tree-sitter/web-tree-sitter.cjs") },
};

/** Read when a server is asked. */
/** @type {esbuild.BuildOptions} */
const sdk = {
  ...shared,
  entryPoints: ["src/model/openAiSdk.ts"],
  outfile: `${flags.outdir}/${sdkFileName}`,
  format: "cjs",
  minify: true,
};

/**
 * The extension for VS Code in a browser, in a web worker: one file, no Node, servers only. What its packages ask of Node, they ask
 * only where there is one.
 */
/** @type {esbuild.BuildOptions} */
const webExtension = {
  ...shared,
  entryPoints: ["src/extension.web.ts"],
  outfile: `${flags.outdir}/extension.web.cjs`,
  format: "cjs",
  platform: "browser",
  target: "es2024",
  minify: true,
  external: ["vscode"],
  define: { "import.meta.url": "undefined" },
};

/** Runs in the child process; node-llama-cpp finds its native addons by its own layout, so it stays a package. */
/** @type {esbuild.BuildOptions} */
const engine = {
  ...shared,
  entryPoints: ["src/engine/main.ts"],
  outfile: `${flags.outdir}/engine/main.mjs`,
  format: "esm",
  external: ["node-llama-cpp"],
};

/** The page of the chat view, with its style beside it. */
/** @type {esbuild.BuildOptions} */
const chat = {
  ...shared,
  entryPoints: [
    { in: "media/chat/main.ts", out: "main" },
    { in: "media/chat/chat.css", out: "main" },
  ],
  outdir: `${flags.outdir}/chat`,
  platform: "browser",
  target: "es2024",
  format: "iife",
  minify: true,
};

/** The index behind `@workspace`, in a thread of its own. */
/** @type {esbuild.BuildOptions} */
const indexWorker = {
  ...shared,
  entryPoints: ["src/chat/indexWorker.ts"],
  outfile: `${flags.outdir}/chat/indexWorker.cjs`,
  format: "cjs",
};

/** WebAssembly is read as files: the parser's runtime and one grammar per language. */
async function copyGrammars() {
  const folder = join(flags.outdir, "grammars");
  await mkdir(folder, { recursive: true });
  const grammarFiles = Object.entries(grammars).map(([name, { packageFile }]) => [
    packageFile,
    grammarFileName(/** @type {import("./src/syntax/languages.ts").GrammarName} */ (name)),
  ]);
  for (const [source, target] of [[runtimePackageFile, runtimeFileName], ...grammarFiles]) {
    await copyFile(join("node_modules", source), join(folder, target));
  }
}

const bundles = [extension, sdk, webExtension, engine, chat, indexWorker];
await copyGrammars();
if (flags.watch) {
  for (const options of bundles) await (await esbuild.context(options)).watch();
} else {
  const results = await Promise.all(bundles.map((options) => esbuild.build(options)));
  const inputs = results.flatMap(({ metafile }) => Object.keys(metafile.inputs));
  const copied = [runtimePackageFile, ...Object.values(grammars).map(({ packageFile }) => packageFile)];
  await writeNotices(join(flags.outdir, "ThirdPartyNotices.txt"), [
    ...inputs,
    ...copied.map((file) => `node_modules/${file}`),
  ]);
}
