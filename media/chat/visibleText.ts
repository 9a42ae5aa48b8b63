/**
 * `text` with what a reader could not see made visible: controls that reorder it (U+202A to U+202E, U+2066 to U+2069),
 * which let code read otherwise than it runs (CVE-2021-42574), and the controls of terminals.
 */
export function visibleText(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for.
    /[\u202a-\u202e\u2066-\u2069]|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g,
    (control) => {
      const code = control.charCodeAt(0);
      if (code > 0x7f) return `[U+${code.toString(16).toUpperCase()}]`;
      // Unicode has a picture of each control.
      return String.fromCharCode(code === 0x7f ? 0x2421 : 0x2400 + code);
    },
  );
}
