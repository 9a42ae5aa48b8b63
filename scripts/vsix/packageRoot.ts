/** `node_modules/a/node_modules/@b/c/lib/x.js` → `node_modules/a/node_modules/@b/c`. */
export function packageRoot(file: string): string {
  const start = file.lastIndexOf("node_modules/") + "node_modules/".length;
  const parts = file.slice(start).split("/");
  const length = parts[0]?.startsWith("@") ? 2 : 1;
  return file.slice(0, start) + parts.slice(0, length).join("/");
}
