import assert from "node:assert/strict";
import { schemaProblem } from "../../../src/engine/schemaCheck.ts";

describe("a schema for an answer", () => {
  it("may be one with definitions, alternatives and names of the user's own", () => {
    const point = {
      type: "object",
      properties: { type: { type: "string" }, $ref: { type: ["null", "number"] } },
    };
    const schema = {
      type: "object",
      properties: { at: { $ref: "#/$defs/point" }, kind: { enum: ["wat", 1] } },
      items: { anyOf: [{ type: "integer" }, { const: { type: "wat" } }] },
      $defs: { point },
    };
    assert.equal(schemaProblem(schema), undefined);
  });

  it("is refused with an unknown type, wherever it stands, and with a reference that leads nowhere", () => {
    assert.match(schemaProblem({ type: "wat" }) ?? "", /no type "wat"/);
    assert.match(schemaProblem({ type: "array", items: { type: ["string", 7] } }) ?? "", /no type 7/);
    assert.match(
      schemaProblem({ properties: { a: { $ref: "#/definitions/a" } } }) ?? "",
      /nothing is defined/,
    );
    assert.match(schemaProblem({ $ref: "#/$defs/toString", $defs: {} }) ?? "", /nothing is defined/);
  });
});
