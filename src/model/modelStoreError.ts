import { WispError } from "../base/wispError.ts";

export type ModelStoreErrorCode =
  | "not-in-catalogue"
  /** The address of the hub is neither https nor http on this machine itself. */
  | "bad-endpoint"
  /** Nothing answers, or the connection broke more often than was retried. */
  | "offline"
  /** The hub answered, but not with the file. */
  | "http-status"
  /** The hub offers a file of another size than the catalogue's. */
  | "size-mismatch"
  /** All bytes came, but they are not the catalogue's file; what was downloaded is deleted. */
  | "hash-mismatch"
  | "disk-full"
  /** The models folder cannot be written or read. */
  | "folder-unusable"
  | "file-missing"
  /** The file is not a GGUF model, or it is cut off. */
  | "bad-gguf"
  /** The file is not an adapter, or not one of the model in use. */
  | "bad-adapter"
  /** What was downloaded could not be unpacked. */
  | "unpack-failed"
  /** The entry does not come in packages, or there are none for this machine. */
  | "no-packages"
  | "pip-missing"
  | "pip-failed"
  /** Another window downloads or runs the file right now. */
  | "busy";

/** Every failure of the models folder and of downloads into it. */
export class ModelStoreError extends WispError<ModelStoreErrorCode> {}

/** The error's code as Node and undici name it (`ENOSPC`, `ECONNREFUSED`), looked up through its causes. */
export function systemCode(error: unknown): string | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ("code" in at && typeof at.code === "string" && /^[A-Z_]+$/.test(at.code)) return at.code;
  }
  return undefined;
}

/** Turns a failed file operation into an error that says what to do; other errors are returned as they are. */
export function fileError(error: unknown, path: string): unknown {
  if (error instanceof WispError) return error;
  switch (systemCode(error)) {
    case "ENOSPC":
    case "EDQUOT":
      return new ModelStoreError(
        "disk-full",
        `The disk is full while writing ${path}.`,
        "Free some space and start again; what has arrived is kept and the download goes on from there.",
        error,
      );
    case "ENOENT":
      return new ModelStoreError(
        "file-missing",
        `There is no file ${path}.`,
        "Choose the model again.",
        error,
      );
    case "EBUSY":
      return new ModelStoreError(
        "busy",
        `${path} is in use.`,
        "Stop the engine in every window and try again.",
        error,
      );
    case "EACCES":
    case "EPERM":
    case "EROFS":
    case "ENOTDIR":
    case "EISDIR":
      return new ModelStoreError(
        "folder-unusable",
        `${path} cannot be read or written.`,
        "Check its permissions, or name another folder in the variable WISP_MODELS_DIR.",
        error,
      );
    default:
      return error;
  }
}
