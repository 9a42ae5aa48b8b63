import * as esbuild from "esbuild";

/** @type {esbuild.BuildOptions} */
const shared = {
  bundle: true,
  platform: "node",
  target: "node22",
  sourcemap: "linked",
  logLevel: "info",
  legalComments: "linked",
};

/** The extension host loads this one; small, because its size is activation time. */
/** @type {esbuild.BuildOptions} */
const extension = {
  ...shared,
  entryPoints: ["src/extension.ts"],
  outfile: "dist/extension.cjs",
  format: "cjs",
  minify: true,
  external: ["vscode"],
};

/** Runs in the child process; node-llama-cpp finds its native addons by its own layout, so it stays a package. */
/** @type {esbuild.BuildOptions} */
const engine = {
  ...shared,
  entryPoints: ["src/engine/main.ts"],
  outfile: "dist/engine/main.mjs",
  format: "esm",
  external: ["node-llama-cpp"],
};

const bundles = [extension, engine];
if (process.argv.includes("--watch")) {
  for (const options of bundles) await (await esbuild.context(options)).watch();
} else {
  await Promise.all(bundles.map((options) => esbuild.build(options)));
}
