import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PowerPorts, readPowerSource } from "../../../src/model/powerSource.ts";

const ports = (more: Partial<PowerPorts>): PowerPorts => ({
  platform: "linux",
  env: {},
  run: () => assert.fail("no program is run"),
  suppliesFolder: "/nowhere",
  ...more,
});

describe("power source", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "wisp-power-"));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function supply(name: string, properties: Readonly<Record<string, string>>): Promise<void> {
    await mkdir(join(folder, name));
    for (const [file, text] of Object.entries(properties))
      await writeFile(join(folder, name, file), `${text}\n`);
  }

  const here = () => readPowerSource(ports({ suppliesFolder: folder }));

  it("is the battery on Linux while one of the machine's empties", async () => {
    await supply("AC", { type: "Mains", online: "0" });
    await supply("BAT0", { type: "Battery", status: "Discharging" });
    assert.equal(await here(), "battery");
  });

  it("is mains while the battery fills or is full, whatever the mouse's does", async () => {
    await supply("BAT0", { type: "Battery", status: "Full", scope: "System" });
    await supply("hidpp_battery_0", { type: "Battery", status: "Discharging", scope: "Device" });
    assert.equal(await here(), "mains");
  });

  it("is unknown without a battery and without that folder", async () => {
    await supply("AC", { type: "Mains", online: "1" });
    assert.equal(await here(), undefined);
    assert.equal(await readPowerSource(ports({ suppliesFolder: join(folder, "none") })), undefined);
  });

  it("is what pmset says on a Mac", async () => {
    const says = (output: string) => readPowerSource(ports({ platform: "darwin", run: async () => output }));
    assert.equal(
      await says("Now drawing from 'Battery Power'\n -InternalBattery-0 80%; discharging\n"),
      "battery",
    );
    assert.equal(await says("Now drawing from 'AC Power'\n"), "mains");
    assert.equal(await says(""), undefined);
  });

  it("is what Win32_Battery says on Windows", async () => {
    const asked: string[] = [];
    const says = (output: string) =>
      readPowerSource(
        ports({
          platform: "win32",
          env: { SystemRoot: "D:\\Windows" },
          run: async (program) => {
            asked.push(program);
            return output;
          },
        }),
      );
    assert.equal(await says("1\r\n"), "battery");
    assert.equal(await says("2\r\n"), "mains");
    assert.equal(await says("1\r\n2\r\n"), "mains");
    assert.equal(await says("\r\n"), undefined);
    assert.match(asked[0] ?? "", /^D:\\Windows\\System32/);
  });
});
