import { parseArgs } from "node:util";
import * as esbuild from "esbuild";

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
  legalComments: "linked",
};

/** The extension host loads this one; small, because its size is activation time. */
/** @type {esbuild.BuildOptions} */
const extension = {
  ...shared,
  entryPoints: ["src/extension.ts"],
  outfile: `${flags.outdir}/extension.cjs`,
  format: "cjs",
  minify: true,
  external: ["vscode"],
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

const bundles = [extension, engine];
if (flags.watch) {
  for (const options of bundles) await (await esbuild.context(options)).watch();
} else {
  await Promise.all(bundles.map((options) => esbuild.build(options)));
}
