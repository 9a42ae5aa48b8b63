import assert from "node:assert/strict";
import { SecretScan } from "../../../src/context/secretScan.ts";

const key = (...parts: string[]) => parts.join("");

const pem = (lines: string) =>
  `-----BEGIN ${key("PRIVATE", " KEY")}-----\n${lines}\n-----END ${key("PRIVATE", " KEY")}-----\n`;

describe("SecretScan", () => {
  const secrets: readonly [string, string][] = [
    ["an AWS key", key("AKIA", "IOSFODNN7QWERTYU")],
    ["a GitHub token", key("ghp_", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8")],
    ["a password in a URL", "postgres://admin:hunter22x@db.local/app"],
    ["an assigned password", 'const password = "Tr0ub4dor&3x";'],
    ["an API key in an object", '  "api_key": "9f8e7d6c5b4a39281706"'],
    ["a line of an .env file", "DB_PASSWORD=hunter2Xyz9"],
    ["an exported variable", "export API_TOKEN=abcd1234efgh"],
    ["a password in YAML", "  password: S3cr3tP4ss"],
    ["a variable of the environment", 'os.environ["API_KEY"] = "abcd1234efgh"'],
    ["a connection string", '"Server=db;User=sa;Password=Abc12345;Database=app"'],
    ["basic credentials", "Authorization: Basic dXNlcjpwYXNzd29yZA=="],
    ["a passphrase", 'passphrase = "c0rrect-h0rse"'],
    ["a random run", 'x = "q9Zr7LmXw2Kc4Vb8Nt1Yp5Hd3Gf6Js0AeUiOk"'],
    ["a password that is handed over", 'client.setPassword("Sup3rS3cret!")'],
    ["a password that is compared", 'if (password == "Sup3rS3cret!")'],
    ["a password by equals", 'password.equals("Sup3rS3cret!")'],
    ["a password that stands in", 'const secret = process.env.SECRET || "Sup3rS3cret!"'],
    ["a typed constant", 'let secret: &str = "Sup3rS3cret!";'],
    ["a macro", '#define PASSWORD "Sup3rS3cret!"'],
    ["a pair", 'setenv("API_TOKEN", "Sup3rS3cret!", 1);'],
    ["an XML element", "<password>Sup3rS3cret!</password>"],
    ["an XML attribute", '<add key="password" value="Sup3rS3cret!" />'],
    ["an escaped quote in a password", String.raw`"password": "pa\"ss1234word"`],
    ["the end of a connection string", 'conn = "Server=x;Password=hunter2hunter2"'],
    ["a user of curl", "curl -u admin:Sup3rS3cret https://example.org"],
    ["a key in hexadecimal", `signingKey = "${"4c0883a69102937d".repeat(4)}"`],
    ["a DigitalOcean token", key("dop_v1_", "4c0883a69102937d".repeat(4))],
    ["a Vault token", key("hvs.", "aB3dE5fG7hI9jK1lM2nO4p")],
    ["bytes", 'SECRET_KEY = b"Sup3rS3cret!"'],
    ["a verbatim string", 'string password = @"Sup3rS3cret!";'],
    ["a raw string", 'let password = r#"Sup3rS3cret!"#;'],
    ["a value on the next line", 'const password =\n  "Sup3rS3cret!";'],
    ["an argument on the next line", 'client.setPassword(\n  "Sup3rS3cret!",'],
    ["a Shopify token", key("shpat_", "4c0883a69102937d".repeat(2))],
  ];
  for (const [name, line] of secrets) {
    it(`masks ${name}`, () => assert.match(new SecretScan().mask(line), /REDACTED/));
  }

  for (const [name, code, expected] of [
    ["is typed", 'password = "Sup3rS3c⟦⟧', 'password = "REDACTED⟦⟧'],
    ["the editor has closed already", 'password = "Sup3rS3c⟦⟧"\nb', 'password = "REDACTED⟦⟧"\nb'],
    ["stands on both sides", 'f(1, password="Sup3⟦⟧rS3cret!", c)', 'f(1, password="REDACTED⟦⟧", c)'],
    ["stands left", 'password = "Sup3rS3cret!"; a⟦⟧(b)', 'password = "REDACTED"; a⟦⟧(b)'],
    ["stands right", 'a⟦⟧(password="Sup3rS3cret!")', 'a⟦⟧(password="REDACTED")'],
    ["is a key of several lines", pem("MIIEvQIB\nkqhki⟦⟧G9w\nQEFAAS"), pem("REDACTED\nREDACTED⟦⟧\nREDACTED")],
    ["is none", "const a = b'c⟦⟧d\n", "const a = b'c⟦⟧d\n"],
  ] as const) {
    it(`looks at both sides of the cursor where a secret ${name}`, () => {
      const [left = "", right = ""] = code.split("⟦⟧");
      const { prefix, suffix } = new SecretScan().maskAround(left, right);
      assert.equal(`${prefix}⟦⟧${suffix}`, expected);
    });
  }

  it("masks the lines of a private key", () => {
    const label = key("PRIVATE", " KEY");
    const text = `a\n-----BEGIN ${label}-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END ${label}-----\nb`;
    const masked = new SecretScan().mask(text);
    assert.doesNotMatch(masked, /MIIE|kqhk/);
    assert.ok(masked.startsWith("a\n") && masked.endsWith("\nb"));
  });

  for (const line of [
    "const password = process.env.PASSWORD;",
    'const token = "your-token-here";',
    "import { createHash, randomBytes } from 'node:crypto';",
    "export function aVeryLongFunctionNameThatIsNotRandomAtAll(): void {",
    'passwordField = "current-password"',
    "  password: UserPassword2;",
    "token = nextToken(lexer2)",
    "secret: Vec<u8>,",
    "access_token: string",
    "tokens = tokenize2.tokens",
    "This is basic configuration1 of the bearer",
    'token = getToken("refresh_token_name")',
    'if (token === "function") {',
    'import { useAuthToken } from "@/lib/authToken";',
    'const sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";',
    '<input type="password" placeholder="Your password" />',
    'label: "Password must be 8 characters"',
  ]) {
    it(`leaves ${line}`, () => assert.equal(new SecretScan().mask(line), line));
  }

  it("costs a small part of the first scan when one line changes", () => {
    const lines = Array.from(
      { length: 2000 },
      (_, index) => `const value${index} = compute(${index}, "text");`,
    );
    const time = (work: () => void): number => {
      const start = performance.now();
      work();
      return performance.now() - start;
    };
    const scan = new SecretScan();
    const first = time(() => scan.mask(lines.join("\n")));
    const again = Array.from({ length: 20 }, (_, index) =>
      time(() => scan.mask(`${lines.join("\n")}\nlet x${index}`)),
    ).sort((a, b) => a - b)[5];
    assert.ok((again ?? first) < first / 2, `${again} of ${first} ms`);
  });

  it("reads a long line of blanks behind a word once", () => {
    const scan = new SecretScan();
    const started = performance.now();
    scan.mask(`bearer${" ".repeat(100_000)}x`);
    scan.mask(`password = ${" ".repeat(100_000)}x`);
    scan.mask(`${"pw: a".repeat(10_000)}${" ".repeat(50_000)}<password>${"a".repeat(50_000)}`);
    scan.mask(`secret("${String.raw`\a`.repeat(60_000)}`);
    assert.ok(performance.now() - started < 5_000);
  });
});
