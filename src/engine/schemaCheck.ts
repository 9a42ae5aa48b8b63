const types = new Set(["object", "array", "string", "number", "integer", "boolean", "null"]);

/**
 * What keeps a JSON schema from being made a grammar, undefined when nothing is seen. The grammar's maker takes an unknown
 * type and a reference that leads nowhere without a word, and the answer then follows another schema.
 */
export function schemaProblem(schema: unknown, root = schema, depth = 0): string | undefined {
  if (depth > 100) return "it is nested too deeply";
  if (Array.isArray(schema)) return firstOf(schema.map((part) => schemaProblem(part, root, depth + 1)));
  if (!isRecord(schema)) return undefined;
  const { type, $ref } = schema;
  const named = Array.isArray(type) ? type : type === undefined ? [] : [type];
  const unknown = named.find((name) => typeof name !== "string" || !types.has(name));
  if (unknown !== undefined) return `there is no type ${JSON.stringify(unknown)}`;
  if ($ref !== undefined && !isDefined($ref, root)) return `nothing is defined as ${JSON.stringify($ref)}`;
  return firstOf(
    Object.entries(schema).map(([key, part]) => {
      if (key === "enum" || key === "const" || key === "default" || key === "examples") return undefined;
      // What stands there are names of the user's own.
      const isNamed = (key === "properties" || key === "$defs") && isRecord(part);
      const parts = isNamed ? Object.values(part) : part;
      return typeof parts === "object" ? schemaProblem(parts, root, depth + 1) : undefined;
    }),
  );
}

function isDefined(ref: unknown, root: unknown): boolean {
  const name = typeof ref === "string" ? /^#\/\$defs\/([^/]+)$/.exec(ref)?.[1] : undefined;
  const defined = isRecord(root) ? root["$defs"] : undefined;
  return name !== undefined && isRecord(defined) && Object.hasOwn(defined, name);
}

function firstOf(problems: readonly (string | undefined)[]): string | undefined {
  return problems.find((problem) => problem !== undefined);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
