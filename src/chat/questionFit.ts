import { type AnswerRequest, answerRequest } from "./answerRequest.ts";
import type { QuestionContext } from "./chatSessionForm.ts";
import { promptTurns, type Turn } from "./conversation.ts";

/** What of a conversation a model no longer sees when a question is asked. */
export interface QuestionFit extends Pick<AnswerRequest, "droppedTurns" | "questionTooLong"> {
  /** Paths of files that went along with earlier messages and are not in the prompt any more. */
  readonly lostFiles: readonly string[];
}

/** @param turns in front of the question. */
export function questionFit(
  turns: readonly Turn[],
  { question, context }: { readonly question: string; readonly context: QuestionContext },
  limits: Parameters<typeof answerRequest>[1],
): QuestionFit {
  const asked = { role: "user" as const, text: question, context: context.text };
  const { droppedTurns, questionTooLong, bareTurns } = answerRequest([...promptTurns(turns), asked], limits);
  const isBare = new Set(bareTurns);
  const pathsOf = (of: (index: number) => boolean): readonly string[] =>
    turns.flatMap((turn, index) => (turn.context && of(index) ? turn.places.map(({ path }) => path) : []));
  const isThere = new Set([
    ...context.places.map(({ path }) => path),
    ...pathsOf((index) => index >= droppedTurns && !isBare.has(index)),
  ]);
  const lost = pathsOf((index) => isBare.has(index)).filter((path) => !isThere.has(path));
  return { droppedTurns, questionTooLong, lostFiles: [...new Set(lost)] };
}
