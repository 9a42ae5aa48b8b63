/**
 * An error that a user may see: what happened, and what can be done about it.
 * Subclasses narrow `code`; match on it, never on the message.
 */
export class WispError<Code extends string = string> extends Error {
  readonly code: Code;
  /** One sentence that tells the user what to do next. */
  readonly hint: string;

  constructor(code: Code, message: string, hint: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = hint;
  }
}
