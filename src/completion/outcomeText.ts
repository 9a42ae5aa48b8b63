import type { Outcome, SilentReason, SuggestionSource } from "./outcome.ts";

const sources: Readonly<Record<SuggestionSource, string>> = {
  "typed-through": "Shown: you are typing the suggestion that was already there.",
  grown: "Shown: more of the suggestion that was already there has come.",
  cache: "Shown: this place was answered before.",
  joined: "Shown: the answer was already on its way when you typed on.",
  model: "Shown: the model answered.",
};

const reasons: Readonly<Record<SilentReason, string>> = {
  off: "Suggestions are switched off; switch them on from Wisp's status bar item.",
  "language-off":
    "Suggestions are switched off for this language; switch them on from Wisp's status bar item.",
  snoozed: "Suggestions are snoozed; end the snooze from Wisp's status bar item.",
  "on-battery":
    "The machine runs on battery and the setting wisp.onBattery keeps Wisp silent then; trigger by hand, or change it.",
  "excluded-file":
    "This file matches a pattern in the setting for excluded files; change the pattern to get suggestions here.",
  "secret-file":
    "This file is of a kind that holds secrets, so nothing of it is ever given to a model; rename it if it holds none.",
  "ignored-file":
    "This file is ignored by version control; switch off the setting that respects .gitignore to get suggestions here.",
  "file-too-large": "This file is larger than 1 MB; split it to get suggestions.",
  minified:
    "This looks like minified or generated code with very long lines; format the file to get suggestions.",
  "unsupported-scheme":
    "This is not a file or an untitled document; copy the code into a file to get suggestions.",
  "multiple-cursors": "There is more than one cursor; press Escape to get back to one.",
  selection: "Something is selected; put the cursor without a selection where you want a suggestion.",
  "middle-of-line":
    "There is code right of the cursor; go to the end of the line, or trigger a suggestion by hand.",
  "in-comment":
    "The cursor is in a comment, or the model wrote one, and the setting keeps comments quiet; change it, or trigger by hand.",
  "in-string":
    "The cursor is in a string and the setting keeps strings quiet; change it, or trigger by hand.",
  "after-undo": "You have just undone or redone a change; type on, or trigger by hand.",
  "after-delete": "You have just deleted something; type on, or trigger by hand.",
  "after-paste": "You have just pasted something; type on, or trigger by hand.",
  "after-accept": "You have just accepted a suggestion; type on, or trigger by hand.",
  "too-little-context": "There is too little code to guess from; type a little more, or trigger by hand.",
  "suggest-widget-conflict":
    "The list of suggestions has another entry selected than the model would write; press Escape to close the list.",
  superseded: "You typed on before the answer was asked for; a newer request took its place.",
  cancelled:
    "The editor withdrew the request, for example because the cursor moved; stay a moment where you want a suggestion.",
  "model-error": "The model could not answer; see Wisp's log, and restart the engine or check the server.",
  "too-late":
    "The answer would have come too late to be of use; choose a smaller model or raise the target latency.",
  "empty-answer": "The model had nothing to add here; type a little more.",
  "repeats-suffix": "The model only repeated the code that follows the cursor; nothing is missing here.",
  "repeats-itself": "The model repeated itself, so its answer was dropped; type a little more.",
  "repeats-above": "The model only repeated the line above; type the first characters of what you want.",
  unbalanced: "The answer's brackets did not fit the code around it; type a little more.",
  "breaks-syntax": "With the model's answer the code would not parse; type a little more.",
  "unknown-name":
    "The model named something that does not exist behind this dot; type the first characters of what you want.",
  "low-confidence": "The model was not sure enough; lower the quietness setting, or trigger by hand.",
  "rejected-before": "You dismissed this very suggestion here before; trigger by hand to see it again.",
};

/** What became of a suggestion, the editor does not tell; these are the ways in which it is not painted (any more). */
const putAway =
  "If you see nothing, the editor has put it away: it does so when the cursor moves, on Escape, and when another part " +
  "of the window takes the focus.";
const ready =
  "There is a suggestion for this place, but the editor has not asked for one: it asks while you type.";

/**
 * The answer to why nothing is to be seen at the cursor. @param wasAsked true where the editor had asked and was given
 * the outcome; false where it was only now worked out.
 */
export function whyNothingText(outcome: Outcome, wasAsked: boolean): string {
  if (outcome.kind === "silent") return outcomeText(outcome);
  return wasAsked ? `${outcomeText(outcome)} ${putAway}` : ready;
}

/** One plain sentence about what happened and, where nothing is shown, what the user can do. */
export function outcomeText(outcome: Outcome): string {
  return outcome.kind === "shown" ? sources[outcome.source] : reasons[outcome.reason];
}
