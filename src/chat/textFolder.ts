/** A folder of small text files, wherever the editor keeps them. Names have no separators. */
export interface TextFolder {
  /** Empty while the folder is not there. */
  names(): Promise<readonly string[]>;
  /** Undefined where there is no such file. */
  read(name: string): Promise<string | undefined>;
  /** Replaces a file whole: a crash leaves the old text or the new one, this perhaps as `NAME.*.tmp` alone. */
  write(name: string, text: string): Promise<void>;
  rename(name: string, to: string): Promise<void>;
  /** Removes a file if it is there. */
  remove(name: string): Promise<void>;
  /** Milliseconds since the epoch, 0 where there is no such file. */
  modifiedAt(name: string): Promise<number>;
}
