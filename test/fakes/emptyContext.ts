import type { QuestionContext } from "../../src/chat/chatSessionForm.ts";

/** Nothing goes along with a question. */
export const emptyContext: QuestionContext = { text: "", places: [] };
