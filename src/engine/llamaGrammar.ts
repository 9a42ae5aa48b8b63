import { invalid } from "./apiError.ts";
import { jsonObjectGrammar } from "./jsonGrammar.ts";
import type { AnswerForm } from "./modelRuntime.ts";

/** The part of node-llama-cpp's `Llama` that is used here; that package itself is imported in two files only. */
interface GrammarMaker<Grammar> {
  createGrammar(options: { readonly grammar: string }): Promise<Grammar>;
  createGrammarForJsonSchema(schema: { type: "object" }): Promise<Grammar>;
}

/**
 * The grammar that holds an answer to its form.
 * @throws {ApiError} `invalid-request` where a schema has none.
 */
export async function grammarOf<Grammar>(llama: GrammarMaker<Grammar>, form: AnswerForm): Promise<Grammar> {
  if (form.type === "json_object") return llama.createGrammar({ grammar: jsonObjectGrammar });
  try {
    return await llama.createGrammarForJsonSchema(form.schema as { type: "object" });
  } catch (error) {
    throw invalid(`response_format: the schema has no grammar: ${(error as Error).message}`);
  }
}
