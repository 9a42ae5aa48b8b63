/** Texts that are secrets by their form; the names follow the services that issue them. */
export const secretPatterns: readonly { readonly name: string; readonly pattern: RegExp }[] = [
  { name: "AWS access key id", pattern: /\b(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}\b/g },
  { name: "GitHub token", pattern: /\bgh[pousr]_[A-Za-z0-9]{36,255}\b|\bgithub_pat_\w{50,255}\b/g },
  { name: "GitLab token", pattern: /\bglpat-[\w-]{20,}/g },
  { name: "Slack token", pattern: /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/g },
  { name: "Slack webhook", pattern: /hooks\.slack\.com\/services\/[A-Za-z0-9/]{20,}/g },
  { name: "OpenAI or Anthropic key", pattern: /\bsk-[A-Za-z0-9_-]{20,}/g },
  { name: "Google API key", pattern: /\bAIza[\w-]{35}/g },
  { name: "Google OAuth token", pattern: /\bya29\.[\w-]{20,}/g },
  { name: "Stripe key", pattern: /\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,}/g },
  { name: "SendGrid key", pattern: /\bSG\.[\w-]{16,}\.[\w-]{16,}/g },
  { name: "Twilio key", pattern: /\bSK[0-9a-f]{32}\b/g },
  { name: "npm token", pattern: /\bnpm_[A-Za-z0-9]{36}\b/g },
  { name: "PyPI token", pattern: /\bpypi-[\w-]{50,}/g },
  { name: "Hugging Face token", pattern: /\bhf_[A-Za-z0-9]{30,}\b/g },
  { name: "Slack app token", pattern: /\bxapp-\d-[A-Z0-9]+-\d+-[0-9a-f]{32,}/g },
  { name: "DigitalOcean token", pattern: /\bdo[opr]_v1_[0-9a-f]{64}\b/g },
  { name: "Databricks token", pattern: /\bdapi[0-9a-f]{32}\b/g },
  { name: "Shopify token", pattern: /\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b/g },
  { name: "Vault token", pattern: /\bhv[sbr]\.[\w-]{20,}/g },
  { name: "age key", pattern: /\bAGE-SECRET-KEY-1[0-9A-Z]{50,}/g },
  { name: "Mailgun key", pattern: /\bkey-[0-9a-f]{32}\b/g },
  { name: "Square token", pattern: /\bsq0[a-z]{3}-[\w-]{20,}/g },
  { name: "Supabase token", pattern: /\bsbp_[0-9a-f]{40}\b/g },
  { name: "RubyGems key", pattern: /\brubygems_[0-9a-f]{48}\b/g },
  { name: "JSON Web Token", pattern: /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}/g },
  { name: "Azure storage key", pattern: /AccountKey=[A-Za-z0-9+/=]{40,}/g },
  {
    name: "password in a URL",
    pattern: /(?<=\b[a-z][a-z0-9+.-]{1,15}:\/\/[^\s:@/'"]{1,60}:)[^\s@/'"]{3,}(?=@)/gi,
  },
  {
    name: "basic credentials",
    pattern: /(?<=\bauthorization["']?\s{0,4}[:=]\s{0,4}["'`]?basic\s{1,4})[A-Za-z0-9+/=]{8,}/gi,
  },
  {
    name: "password in a connection string",
    pattern: /(?<=[;"'`\s](?:password|pwd)=)[^;"'`\s]{4,}(?=\s*(?:;|["'`]|$))/gi,
  },
  {
    name: "password of a command line",
    pattern: /(?<=\s(?:-u|--user)[\s=]["']?[^\s:"'/]{1,60}:)[^\s"'/]{4,}/g,
  },
  {
    name: "value of an XML element",
    pattern: /(?<=<[\w.:-]{0,40}(?:password|passphrase|secret|token|api[_-]?key)>)[^<>\s]{8,}(?=<\/)/gi,
  },
  { name: "bearer token", pattern: /(?<=\bbearer\s{1,8})[A-Za-z0-9_\-.=]{20,}/gi },
];

const secretNames =
  "password|passwd|passwort|pwd|passphrase|passcode|(?<![a-z])pass|(?<![a-z])pw|secret|token|api[_-]?key|access[_-]?key|" +
  "secret[_-]?key|private[_-]?key|client[_-]?secret|auth[_-]?key|signing[_-]?key|encryption[_-]?key|master[_-]?key|credential";
const assigned = "(?:=>|:=|={1,3}|!==?|:|\\?\\?|\\|\\|)";
/** What languages write in front of a quote: `b"…"`, `@"…"`, `r#"…"#`. */
const stringMark = "(?:[@$]{1,2}|[bfrul]{1,2}[8#]{0,2})?";
const quotedValue = `${stringMark}["'\`]((?:\\\\.|[^"'\`\\s\\\\]){8,})["'\`]`;
const declaredType = "(?::\\s*[\\w.<>[\\]|&*?' ]{1,30}?)?";

/**
 * A name that says that its value is secret, what hands the value to it (an assignment, a comparison, a call, the
 * second of a pair, an attribute `value`, a macro's definition), and a quoted value.
 */
export const secretAssignment = new RegExp(
  `(?:${secretNames})s?["'\\]]{0,2}(?:\\s*${declaredType}${assigned}\\s*|(?:\\.equals)?\\(\\s*|` +
    `\\s*,\\s*|\\s+value\\s*=\\s*|\\s{1,8}(?="))${quotedValue}`,
  "gi",
);

/** A line that ends where the value of such a name is due, and the line that begins with it. */
export const secretNameAtEnd = new RegExp(
  `(?:${secretNames})s?["'\\]]{0,2}\\s*${declaredType}(?:${assigned}|\\()\\s*$`,
  "i",
);
export const valueAtStart = new RegExp(`^\\s*${quotedValue}`, "i");

/** Hexadecimal digits tell nothing of themselves; a name of this kind on their line does. */
export const hexRun = /(?<![0-9a-z_-])(?:0x)?[0-9a-f]{32,}(?![0-9a-z_-])/gi;
export const hexSecretName = /key|salt|seed|secret|token|auth|credential|hmac/i;

/** The same without quotes to the line's end, as in .env files, properties and YAML; code has more behind the value. */
export const bareSecretAssignment =
  /^\s*(?:export\s+|-\s+)?[\w.-]*(?:password|passwd|pwd|passphrase|secret|token|api[_-]?key|access[_-]?key|secret[_-]?key|private[_-]?key|auth[_-]?key|credential)s?\s*[:=]\s*(?=[^\s]*\d)(?=[^\s]*[a-z])([^\s"'`(){}[\],;.#]{8,})\s*$/i;

/** Values of such names that are plainly none: references, placeholders, prose. */
export const harmlessValue =
  /^(?:[<{$%].*|.*(?:example|placeholder|change-?me|your[-_]|dummy|xxxx|\*\*\*|process\.env|\$\{).*|[a-z]+(?:[-_ .][a-z]+)*)$/i;

/** Runs of characters that may be random; only those with enough entropy count. */
export const randomRun = /[A-Za-z0-9+/_-]{32,}={0,2}/g;
export const entropyFloorBitsPerCharacter = 4.2;

export const privateKeyBegin = /-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----/;
export const privateKeyEnd = /-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----/;
