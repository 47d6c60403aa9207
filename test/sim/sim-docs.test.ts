import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { SimErrorSchema, SimOptionsSchema } from "../../gen/parlance/config/v1/sim_options_pb.js";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import { simModels } from "../../src/sim/sim-behaviour.ts";
import { parseParameters } from "../../src/sim/sim-parameters.ts";

const page = readFileSync(new URL("../../docs/sim.md", import.meta.url), "utf8");

describe("docs/sim.md", () => {
  it("lists every model", () => {
    const listed = [...page.matchAll(/^\| `sim\/([a-z0-9-]+)` \|/gm)].map((match) => match[1]);
    expect(listed).toEqual(Object.keys(simModels));
  });

  it("lists every parameter", () => {
    const refused = parseParameters("unknown");
    const known = refused.ok ? "" : (refused.fault.message.split("; there are ")[1] ?? "");
    const listed = [...page.matchAll(/^\| `([a-z_]+)` \|/gm)].map((match) => match[1]);
    expect(listed).toEqual(known.split(", "));
  });

  it("names every option of the configuration", () => {
    const fields = [...SimOptionsSchema.fields, ...SimErrorSchema.fields].map(
      (field) => field.name,
    );
    const section = page.slice(page.indexOf("The options are"), page.indexOf("## Tokens"));
    expect(fields.filter((name) => !section.includes(`\`${name}\``))).toEqual([]);
  });

  it("shows a configuration that loads", () => {
    const text = /```yaml\n(.*?)```/s.exec(page)?.[1] ?? "";
    const loaded = loadConfig({ filename: "parlance.yaml", text }, {}, () => "");
    expect(loaded).toMatchObject({ ok: true, warnings: [] });
  });
});
