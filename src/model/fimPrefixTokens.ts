/** Spellings of the FIM prefix token in the vocabularies of known code models. */
export const fimPrefixTokens = new Set([
  "<|fim_prefix|>",
  "<fim_prefix>",
  "<fim-prefix>",
  "<PRE>",
  "▁<PRE>",
  "<｜fim▁begin｜>",
  "[PREFIX]",
]);
