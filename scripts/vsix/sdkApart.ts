import type { BuildOptions } from "esbuild";

/** The bundle of `src/model/openAiSdk.ts`, beside that of the extension. */
export const sdkFileName = "openAiSdk.cjs";

/** Options of a CommonJS bundle that leaves OpenAI's SDK to the file beside it, until it is asked for. */
export const sdkApart = {
  // Becomes `require`, which unlike `import` tries again after it has failed.
  supported: { "dynamic-import": false },
  plugins: [
    {
      name: "sdk-apart",
      setup({ onResolve }) {
        onResolve({ filter: /\/openAiSdk\.ts$/ }, ({ kind }) =>
          kind === "dynamic-import" ? { path: `./${sdkFileName}`, external: true } : undefined,
        );
      },
    },
  ],
} satisfies BuildOptions;
