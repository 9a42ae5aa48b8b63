import { acceptance } from "../completion/acceptance.ts";
import type { CompletionTrace } from "../completion/outcome.ts";
import { outcomeText } from "../completion/outcomeText.ts";
import type { TasteState } from "../completion/taste.ts";

/** A trace as Markdown for the user: what happened first, then how. It holds code: show it, never log it. */
export function traceReport(trace: CompletionTrace, taste: TasteState): string {
  const { outcome, position, usage, members } = trace;
  const sections = [
    "# Why no suggestion here?",
    outcome.kind === "shown" ? `**There was one.** ${outcomeText(outcome)}` : `**${outcomeText(outcome)}**`,
    ...(outcome.kind === "silent" && outcome.detail ? [outcome.detail] : []),
    list([
      ["Reason", outcome.kind === "shown" ? `shown (${outcome.source})` : outcome.reason],
      ["Place", `line ${position.line + 1}, column ${position.character + 1}, ${trace.languageId}`],
      [
        "Asked",
        `${trace.trigger === "explicit" ? "by you" : "while typing"} at ${new Date(trace.at).toLocaleTimeString()}`,
      ],
      ...(members ? [["Members behind the dot", `${members.count}, by the ${members.source}`] as const] : []),
      ...(trace.confidence === undefined ? [] : [["Confidence", percent(trace.confidence)] as const]),
    ]),
  ];
  if (trace.stages.length > 0) {
    sections.push("## Time", list(trace.stages.map(({ name, ms }) => [name, `${ms.toFixed(1)} ms`])));
  }
  const costs = [
    ["Prompt tokens", usage?.promptTokens],
    ["of them remembered", usage?.cachedPromptTokens],
    ["Generated tokens", usage?.completionTokens],
    ["Reading (ms)", usage?.promptMs],
    ["Writing (ms)", usage?.decodeMs],
  ].flatMap(([name, value]) =>
    typeof value === "number" ? [[String(name), String(Math.round(value))] as const] : [],
  );
  if (costs.length > 0) sections.push("## Cost", list(costs));
  if (outcome.kind === "shown") sections.push("## Suggestion", fenced(outcome.text));
  if (trace.rawText !== undefined) sections.push("## What the model said", fenced(trace.rawText));
  if (trace.steps.length > 0) {
    sections.push("## What was done to it", trace.steps.map((step) => `- ${step}`).join("\n"));
  }
  if (trace.candidates && trace.candidates.length > 1) {
    const rows = trace.candidates.map(
      ({ text, features }) => [`\`${oneLine(text)}\``, percent(acceptance(features))] as const,
    );
    sections.push("## Where it could be cut, and how likely each beginning is taken", list(rows));
  }
  if (taste.shown > 0) {
    const { shown, taken, shift } = taste;
    const learned = `You took ${taken} of the last ${shown} suggestions, which shifts the odds by a factor of`;
    sections.push("## What was learned from you", `${learned} ${Math.exp(shift).toFixed(2)}.`);
  }
  if (trace.prompt) {
    const { prefix, suffix, contextPaths } = trace.prompt;
    sections.push("## What the model saw");
    if (contextPaths.length > 0) {
      sections.push(["Snippets of:", ...contextPaths.map((path) => `- ${path}`)].join("\n"));
    }
    sections.push("Left of the cursor:", fenced(prefix), "Right of the cursor:", fenced(suffix));
  }
  return `${sections.join("\n\n")}\n`;
}

const percent = (share: number): string => `${Math.round(100 * share)} %`;

function oneLine(text: string): string {
  const line = text.replaceAll("`", "'").replace(/\s+/g, " ").trim();
  return line.length > 60 ? `${line.slice(0, 57)}…` : line;
}

/** Lines that read well rendered and as plain text. */
function list(rows: readonly (readonly [string, string])[]): string {
  return rows.map(([name, value]) => `- ${name}: ${value}`).join("\n");
}

/** A code block whose fence is longer than any in the text. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
}
