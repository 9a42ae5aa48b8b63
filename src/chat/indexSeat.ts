import { CodeIndex, type FoundChunk } from "./codeIndex.ts";

export type ToIndex =
  | { readonly type: "put"; readonly path: string; readonly text: string }
  | { readonly type: "remove"; readonly path: string }
  | { readonly type: "find"; readonly id: number; readonly question: string; readonly count: number };

export interface FromIndex {
  readonly id: number;
  readonly found: readonly FoundChunk[];
}

/** Told what an index answers, and that it has ended by an error. */
export interface IndexListener {
  onAnswer(answer: FromIndex): void;
  onFailure(error: Error): void;
}

/** Where an index lives. Messages are taken in turn. */
export interface IndexSeat {
  send(message: ToIndex): void;
  end(): void;
}

export type StartIndex = (listener: IndexListener) => IndexSeat;

/** Carries out one message; a question gives its answer. */
export function serveIndex(index: CodeIndex, message: ToIndex): FromIndex | undefined {
  if (message.type === "find") return { id: message.id, found: index.find(message.question, message.count) };
  if (message.type === "put") index.put(message.path, message.text);
  else index.remove(message.path);
  return undefined;
}

/** An index in the thread that asks: for hosts that are a thread of their own already. */
export const indexHere: StartIndex = ({ onAnswer }) => {
  const index = new CodeIndex();
  return {
    send: (message) => {
      const answer = serveIndex(index, message);
      if (answer) onAnswer(answer);
    },
    end: () => {},
  };
};
