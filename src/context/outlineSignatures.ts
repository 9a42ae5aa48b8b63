import type { ContextQuery } from "./contextProvider.ts";
import { familyOf } from "./languageFamily.ts";
import type { SignatureSource } from "./members.ts";
import type { OutlineIndex } from "./outlineIndex.ts";
import type { OwnFiles } from "./ownFile.ts";
import type { ChainPart } from "./receiver.ts";
import { onOneLine } from "./signatureText.ts";
import { TypeResolver } from "./typeResolver.ts";

const mostOverloads = 2;

/** Signatures of what is called, from the outlines of the workspace's files. */
export class OutlineSignatures implements SignatureSource {
  readonly name = "outline";
  readonly #index: OutlineIndex;
  readonly #own: OwnFiles;

  constructor(index: OutlineIndex, own: OwnFiles) {
    this.#index = index;
    this.#own = own;
  }

  async signatures(query: ContextQuery, callee: readonly ChainPart[]): Promise<readonly string[]> {
    const family = familyOf(query.languageId);
    const own = family && (await this.#own.of(query));
    if (!family || !own) return [];
    const called = new TypeResolver(query, own, this.#index.view(family, query.path)).called(callee);
    const lines = called.map(({ signature }) => onOneLine(signature));
    return [...new Set(lines)].slice(0, mostOverloads);
  }
}
