import type { CatalogueEntry } from "../../src/model/catalogue.ts";
import { ModelStore } from "../../src/model/modelStore.ts";

/** A second process on the same models folder: `node downloadingProcess.ts FOLDER ENDPOINT ENTRY-AS-JSON`. */
const [folder = "", endpoint = "", entryJson = ""] = process.argv.slice(2);
const entry: CatalogueEntry = JSON.parse(entryJson);
const store = new ModelStore({
  folder,
  catalogue: [entry],
  endpoint: () => endpoint,
  lockTimes: { heartbeatMs: 20, staleMs: 60_000 },
});
const result = await store.download(entry.id, {
  signal: new AbortController().signal,
  onProgress: (progress) => process.send?.(progress),
});
process.send?.(result);
process.disconnect?.();
