import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGateway } from "../../../src/serve.ts";
import { asObject, type Json } from "../../vendors/json-value.ts";
import { type ScriptedVendor, startScriptedVendor } from "../answers/start-scripted-vendor.ts";
import { clients, isPaired, vendors } from "./orphan-histories.ts";

const running = new Map<string, ScriptedVendor>();
let gateway: { readonly url: string; close(): Promise<unknown> };

beforeAll(async () => {
  const providers: Record<string, Json> = {};
  for (const { kind, basePath } of vendors) {
    const vendor = await startScriptedVendor();
    running.set(kind, vendor);
    providers[kind] = { kind, base_url: `${vendor.url}${basePath}`, api_key: { value: "k" } };
  }
  const text = JSON.stringify({ server: { port: 0 }, providers });
  gateway = await startGateway({ config: { text, filename: "test" } });
});
afterAll(async () => {
  await gateway.close();
  for (const vendor of running.values()) await vendor.close();
});

for (const { name, path, body } of clients)
  describe(`a client of ${name}`, () => {
    // Ollama's server takes any history.
    for (const { kind, answer, turns } of vendors.filter(
      (vendor) => vendor.kind !== "ollama" || name !== "Ollama",
    ))
      for (const orphan of ["result", "call"] as const)
        it(`may send a ${orphan} alone to ${kind}, also under strict`, async () => {
          const vendor = running.get(kind) ?? expect.unreachable();
          vendor.answer(answer);
          const model = `${kind}/m`;
          const reply = await fetch(`${gateway.url}${path(model)}`, {
            method: "POST",
            headers: { "content-type": "application/json", "x-parlance-strict": "true" },
            body: JSON.stringify(body(model, orphan)),
          });
          const text = await reply.text();
          expect(text).toMatch(/"ok"/);
          const sent = turns(asObject(vendor.sent()) ?? {});
          expect(sent.length).toBeGreaterThanOrEqual(2);
          expect(sent).toSatisfy(isPaired);
          // Over Connect the report stands in the reply.
          expect(reply.headers.get("x-parlance-fidelity") ?? text).toContain("EMULATED");
        });
  });

describe("a result whose call the vendor keeps", () => {
  const result = { type: "function_call_output", call_id: "c1", output: "r" };
  for (const [title, members] of [
    ["by previous_response_id", { previous_response_id: "resp_0", input: [result] }],
    ["by conversation", { conversation: "conv_0", input: [result] }],
    ["by item_reference", { input: [{ type: "item_reference", id: "fc_1" }, result] }],
  ] as const)
    it(`passes as it is, ${title}`, async () => {
      const kind = "openai_responses_compatible";
      const vendor = running.get(kind) ?? expect.unreachable();
      vendor.answer(vendors.find((each) => each.kind === kind)?.answer ?? expect.unreachable());
      const reply = await fetch(`${gateway.url}/v1/responses`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ model: `${kind}/m`, ...members }),
      });
      expect(reply.status).toBe(200);
      expect(vendor.sent()).toEqual({ model: "m", ...members });
    });
});
