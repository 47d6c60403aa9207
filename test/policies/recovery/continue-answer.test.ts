import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { describe, expect, it, onTestFinished } from "vitest";
import { ChatService } from "../../../gen/parlance/chat/v1/chat_service_pb.js";
import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { CallRecord } from "../../../src/core/ledger/call-record.ts";
import { toolCallStart } from "../../../src/events/make-events.ts";
import { startGateway } from "../../../src/serve.ts";
import { answer, type BreakingVendors, startBreakingVendors } from "./breaking-vendor.ts";

/** A gateway whose model goes on with streams that break. */
async function start(more: readonly Event[] = [], settings = "") {
  const vendors = await startBreakingVendors("openai-chat", more);
  const providers = ["a", "b"].map(
    (name) => `  ${name}: { kind: openai_compatible, base_url: "${vendors.url}/${name}/v1" }`,
  );
  const targets = "targets: [{ model: a/m }, { model: b/m }]";
  const records: CallRecord[] = [];
  const gateway = await startGateway({
    port: 0,
    config: `providers:\n${providers.join("\n")}\nmodels:\n  - { name: m, strategy: PRIORITY, ${targets}, mid_stream: CONTINUE, facts: { prefill: true }, breaker: { disabled: true }, ${settings} }\n`,
    world: { record: (record) => records.push(record) },
  });
  onTestFinished(() => gateway.close());
  return { vendors, gateway, records };
}

/** The place behind a frame. */
function behind({ frames }: BreakingVendors, frame: number): number {
  return frames.slice(0, frame + 1).reduce((sum, { length }) => sum + length, 0);
}

async function post(url: string, body: object = {}, headers: object = {}) {
  const messages = [{ role: "user", content: "count" }];
  const reply = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ model: "m", stream: true, messages, ...body }),
  });
  const text = await reply.text();
  const lines = text.split("\n").flatMap((line) => (/^data: \{/.test(line) ? [line.slice(6)] : []));
  const chunks = lines.map((line) => JSON.parse(line));
  const said = chunks.map(({ choices }) => choices?.[0]?.delta?.content ?? "").join("");
  return { text, chunks, said, whole: text.includes("[DONE]") };
}

describe("a stream that is gone on with", () => {
  it("is billed for all that wrote it, and shows them", async () => {
    const { vendors, gateway, records } = await start();
    vendors.cutAt = behind(vendors, 4);
    const stream_options = { include_usage: true };
    const { chunks, said, whole } = await post(gateway.url, { stream_options });
    expect([said, whole]).toEqual([answer, true]);
    expect(vendors.calls).toEqual([
      { vendor: "a", prefill: undefined },
      { vendor: "b", prefill: "One two  three," },
    ]);
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(chunks.at(-1)?.usage.prompt_tokens).toBe(10);
    await expect.poll(() => records.length).toBe(1);
    expect(
      records[0]?.attempts.map(({ target, end, continues, fault }) => [
        target.provider,
        end?.kind,
        continues,
        fault?.reason,
      ]),
    ).toEqual([
      ["a", "broken", false, ErrorReason.UPSTREAM_CUT],
      ["b", "whole", true, undefined],
    ]);
    expect(records[0]?.attempts[1]?.why).toBe("model m, going on: place 2 of 2");
    expect(records[0]?.usage?.inputTokens).toBe(10n);
  });

  it("tells typed callers where, and for which reason", async () => {
    const { vendors, gateway } = await start();
    vendors.cutAt = behind(vendors, 2);
    const transport = createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" });
    const chat = { model: "m", messages: [{ role: Role.USER, text: "count" }] };
    let said = "";
    const marks: string[] = [];
    for await (const { event } of createClient(ChatService, transport).streamComplete({ chat })) {
      if (event?.event.case === "textDelta") said += event.event.value.text;
      if (event?.event.case !== "continued") continue;
      const { target, failure } = event.event.value;
      marks.push(`${said} | ${target?.provider}/${target?.model} ${ErrorReason[failure]}`);
    }
    expect(said).toBe(answer);
    expect(marks).toEqual(["One two | b/m UPSTREAM_CUT"]);
  });

  it("tells clients of REST by a comment where they ask for it", async () => {
    const { vendors, gateway } = await start();
    vendors.cutAt = behind(vendors, 2);
    const plain = await post(gateway.url);
    expect(plain.text).not.toContain("parlance-continued");
    vendors.cutAt = behind(vendors, 2);
    const marked = await post(gateway.url, {}, { "x-parlance-continue-marker": "true" });
    expect(marked.said).toBe(answer);
    expect(marked.text).toContain("\n\n: parlance-continued target=b/m after=UPSTREAM_CUT\n\n");
  });

  it("is gone on with by the same target where there is no other", async () => {
    const { vendors, gateway } = await start();
    vendors.cutAt = behind(vendors, 2);
    vendors.otherCutAt = 0;
    expect(await post(gateway.url)).toMatchObject({ said: answer, whole: true });
    expect(vendors.calls.map(({ vendor }) => vendor)).toEqual(["a", "b", "a"]);
  });

  it("is gone on with as often as the model says, and then ends with the failure", async () => {
    const { vendors, gateway, records } = await start([], "continuation: { max: 1 }");
    vendors.cutAt = behind(vendors, 1);
    vendors.otherCutAt = behind(vendors, 1);
    const { said, whole, text } = await post(gateway.url);
    expect(whole).toBe(false);
    expect(answer.startsWith(said) && said.length > 3).toBe(true);
    expect(text).toContain("error");
    expect(vendors.calls).toHaveLength(2);
    await expect.poll(() => records[0]?.fault?.reason).toBe(ErrorReason.UPSTREAM_CUT);
  });

  it("lets the answer be as long as its caller said, and no longer", async () => {
    const { vendors, gateway, records } = await start();
    vendors.cutAt = behind(vendors, 4);
    expect(await post(gateway.url, { max_tokens: 50 })).toMatchObject({ said: answer });
    await expect.poll(() => records.length).toBe(1);
  });
});

describe("a stream that breaks ends with its failure", () => {
  const format = { type: "json_object" };
  const tools = [{ type: "function", function: { name: "f", parameters: { type: "object" } } }];
  for (const [title, body] of [
    ["is to be JSON", { response_format: format }],
    ["is one of several", { n: 2 }],
    ["is to call a tool", { tools, tool_choice: "required" }],
    ["thinks", { reasoning_effort: "low" }],
    ["goes on with words of the caller's", { messages: [{ role: "assistant", content: "One" }] }],
  ] as const)
    it(`where its answer ${title}`, async () => {
      const { vendors, gateway } = await start();
      vendors.cutAt = behind(vendors, 2);
      const { said, whole } = await post(gateway.url, body);
      expect([said !== "" && said !== answer, whole]).toEqual([true, false]);
      expect(vendors.calls).toHaveLength(1);
    });

  it("where a tool is called", async () => {
    const { vendors, gateway } = await start([toolCallStart(1, "call_1", "f")]);
    vendors.cutAt = behind(vendors, vendors.frames.length - 4);
    const { whole } = await post(gateway.url, { tools });
    expect(whole).toBe(false);
    expect(vendors.calls).toHaveLength(1);
  });
});
