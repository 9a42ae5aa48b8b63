import assert from "node:assert/strict";
import { isSecretFile } from "../../../src/context/secretFiles.ts";

describe("files that hold secrets", () => {
  const secret = [".env", "deploy/prod.env", "a/.ssh/config", "keys/id_rsa", "Secrets.JSON", "b.PEM"];
  const harmless = [
    "env.ts",
    ".env.example",
    "deploy/prod.ts",
    "a/ssh/config",
    "keys/id_rsa.pub",
    "secrets.ts",
  ];

  it("are known by their paths, however often and however many are asked for", () => {
    for (let round = 0; round < 3; round++) {
      for (const path of secret) assert.equal(isSecretFile(path), true, path);
      for (const path of harmless) assert.equal(isSecretFile(path), false, path);
      for (let index = 0; index < 700; index++) {
        assert.equal(isSecretFile(`src/${round}/${index}.ts`), false);
        assert.equal(isSecretFile(`src/${round}/${index}.pem`), true);
      }
    }
  });
});
