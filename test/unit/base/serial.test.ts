import assert from "node:assert/strict";
import { Serial } from "../../../src/base/serial.ts";

describe("Serial", () => {
  it("runs tasks one after the other, also after one that fails", async () => {
    const serial = new Serial();
    const happened: string[] = [];
    const task = (name: string) => async (): Promise<string> => {
      happened.push(`${name} begins`);
      await Promise.resolve();
      happened.push(`${name} ends`);
      if (name === "a") throw new Error("a failed");
      return name;
    };
    const [a, b] = await Promise.allSettled([serial.run(task("a")), serial.run(task("b"))]);
    assert.deepEqual(happened, ["a begins", "a ends", "b begins", "b ends"]);
    assert.equal(a.status, "rejected");
    assert.deepEqual(b, { status: "fulfilled", value: "b" });
  });
});
