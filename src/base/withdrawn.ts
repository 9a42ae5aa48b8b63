/**
 * The reason of aborts that come with nearly every key. An `AbortController` left to itself makes an error with its
 * stack each time, which takes longer than all else that an abort does.
 */
export const withdrawn: unknown = new DOMException("Nobody waits for it any longer.", "AbortError");
