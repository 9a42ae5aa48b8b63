// Loaded before every script, in plain JavaScript, so that an old Node says what it lacks instead of a syntax error.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `Wisp's scripts need Node 22.18 or newer, and this is ${process.version} (${process.execPath}). ` +
      "`npm install` puts Node 24 into node_modules/.bin, which `npm run` uses: run `npm install` " +
      "(its install scripts must not be switched off) and start through npm, or install Node 24.",
  );
  process.exit(1);
}
