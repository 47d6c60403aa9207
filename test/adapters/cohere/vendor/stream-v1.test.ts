import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { afterEach, describe, expect, it } from "vitest";
import { ChatService } from "../../../../gen/parlance/chat/v1/chat_service_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { type RunningGateway, startGateway } from "../../../../src/serve.ts";
import { startVendorServer, type Vendor } from "../../../vendors/start-vendor-server.ts";
import type { VendorReply } from "../../../vendors/vendor-reply.ts";

const lines = [
  { is_finished: false, event_type: "stream-start", generation_id: "g" },
  { is_finished: false, event_type: "text-generation", text: "hé " },
  { is_finished: false, event_type: "text-generation", text: "you" },
  {
    is_finished: true,
    event_type: "stream-end",
    finish_reason: "COMPLETE",
    response: { meta: { tokens: { input_tokens: 3, output_tokens: 2 } } },
  },
].map((line) => Buffer.from(`${JSON.stringify(line)}\n`));

const headers = { "content-type": "application/stream+json" };
const whole: VendorReply = { status: 200, headers, frames: lines, ending: "end" };

describe("a stream of Cohere's v1, in lines of JSON", () => {
  let vendor: Vendor;
  let gateway: RunningGateway;

  async function start(reply: VendorReply): Promise<void> {
    vendor = await startVendorServer(() => reply, { writeBytes: 5 });
    const c = { kind: "cohere", base_url: vendor.url, api_key: { value: "k" } };
    gateway = await startGateway({ config: JSON.stringify({ providers: { c } }), port: 0 });
  }
  afterEach(async () => {
    await gateway.close();
    await vendor.close();
  });

  it("reaches typed clients piece by piece, with its usage", async () => {
    await start(whole);
    const messages = [
      { role: Role.USER, parts: [{ content: { case: "text", value: { text: "one" } } as const }] },
    ];
    const transport = createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" });
    const seen: unknown[] = [];
    for await (const { event } of createClient(ChatService, transport).streamComplete({
      chat: { model: "c/command-r", messages },
    })) {
      if (event?.event.case === "textDelta") seen.push(event.event.value.text);
      if (event?.event.case === "usage") seen.push(event.event.value.outputTokens);
    }
    expect(seen).toEqual(["hé ", "you", 2n]);
  });

  async function rest(): Promise<string> {
    const reply = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        model: "c/command-r",
        messages: [{ role: "user", content: "one" }],
        stream: true,
      }),
    });
    return reply.text();
  }

  it("reaches OpenAI's clients as events, up to their end", async () => {
    await start(whole);
    const text = await rest();
    expect(text).toContain('"content":"hé "');
    expect(text).toContain('"finish_reason":"stop"');
    expect(text.trimEnd().endsWith("data: [DONE]")).toBe(true);
  });

  it("that breaks off is no clean end", async () => {
    await start({ ...whole, frames: lines.slice(0, 2) });
    const text = await rest();
    expect(text).toContain('"content":"hé "');
    expect(text).toContain('"error"');
    expect(text).not.toContain("[DONE]");
  });
});
