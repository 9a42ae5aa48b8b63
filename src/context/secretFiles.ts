import picomatch from "picomatch";

/** Files that hold secrets by custom; nothing of them ever enters a prompt, whatever the settings say. */
const secretFileGlobs: readonly string[] = [
  "**/.env",
  "**/.env.*",
  "**/*.env",
  "**/.envrc",
  "**/*.pem",
  "**/*.key",
  "**/*.p12",
  "**/*.pfx",
  "**/*.jks",
  "**/*.keystore",
  "**/*.kdbx",
  "**/*.ppk",
  "**/*.asc",
  "**/*.gpg",
  "**/id_rsa*",
  "**/id_dsa*",
  "**/id_ecdsa*",
  "**/id_ed25519*",
  "**/.ssh/**",
  "**/.gnupg/**",
  "**/.aws/credentials",
  "**/.azure/**",
  "**/.kube/config",
  "**/.docker/config.json",
  "**/.netrc",
  "**/_netrc",
  "**/.npmrc",
  "**/.pypirc",
  "**/.pgpass",
  "**/.htpasswd",
  "**/.git-credentials",
  "**/*.tfstate",
  "**/*.tfvars",
  "**/secrets.{json,yaml,yml,toml,ini}",
  "**/credentials.{json,yaml,yml,toml,ini}",
  "**/service-account*.json",
];
/** Templates that by custom hold no values. */
const harmlessFileGlobs: readonly string[] = ["**/.env.{example,sample,template,dist}", "**/*.pub"];

const isSecret = picomatch([...secretFileGlobs], {
  dot: true,
  nocase: true,
  ignore: [...harmlessFileGlobs],
});

/** Asked with every key of the same few files, and the patterns take longer than the rest of the gates. */
const known = new Map<string, boolean>();
const mostKnown = 500;

/** Whether nothing of the file at the workspace-relative `path` may enter a prompt. */
export function isSecretFile(path: string): boolean {
  const before = known.get(path);
  if (before !== undefined) return before;
  const found = isSecret(path);
  if (known.size >= mostKnown) known.clear();
  known.set(path, found);
  return found;
}
