import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { type Chat, ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { sizeOf } from "../../../src/core/facts/call-size.ts";
import { invalidField } from "../../../src/core/faults/fault.ts";
import { GatewayError } from "../../../src/core/faults/gateway-error.ts";
import { chat as operation } from "../../../src/core/operation.ts";
import type { JsonObject } from "../../../src/json/json.ts";

const typed = (chat: MessageInitShape<typeof ChatSchema>) => ({
  request: { operation, stream: false, message: () => create(ChatSchema, chat) },
});

const sent = (json: JsonObject, message: () => Chat = () => create(ChatSchema)) => ({
  origin: { dialect: "openai-chat", body: new Uint8Array(), json, wantsUsage: false },
  request: { operation, stream: false, message },
});

const text = "All happy families are alike; each unhappy family is unhappy in its own way.";

describe("the size of a call", () => {
  const messages = [{ role: "user", content: text }];

  it("has about a token for four bytes of its texts", () => {
    expect(sizeOf(sent({ model: "a-name", messages })).inputTokens).toBe(23);
    const parts = [{ content: { case: "text" as const, value: { text } } }];
    const { inputTokens } = sizeOf(typed({ messages: [{ role: 3, parts }] }));
    expect(inputTokens).toBe(23);
  });

  it("has the tools, and a token for each number of a list", () => {
    const tools = [{ type: "function", function: { name: "f", description: text } }];
    expect(sizeOf(sent({ messages, tools })).inputTokens).toBeGreaterThan(40);
    expect(sizeOf(sent({ input: [1, 2, 3] })).inputTokens).toBe(3);
  });

  it("does not take a picture for a text", () => {
    const picture = "A".repeat(1_000_000);
    const url = `data:image/png;base64,${picture}`;
    for (const content of [[{ type: "image_url", image_url: { url } }], [{ data: picture }]])
      expect(sizeOf(sent({ messages: [{ role: "user", content }] })).inputTokens).toBeLessThan(
        1100,
      );
  });

  it("has the bound on the answer for each choice", () => {
    expect(sizeOf(typed({ maxOutputTokens: 50, n: 3 })).maxOutputTokens).toBe(150);
    expect(sizeOf(typed({})).maxOutputTokens).toBeUndefined();
  });

  it("is known of what cannot be decoded, and of what is nested deeply", () => {
    const fails = () => {
      throw new GatewayError(invalidField("messages", "is wrong"));
    };
    expect(sizeOf(sent({ messages }, fails)).maxOutputTokens).toBeUndefined();
    let deep: JsonObject = { text };
    for (let depth = 0; depth < 100_000; depth += 1) deep = { deep };
    expect(sizeOf(sent(deep)).inputTokens).toBe(19);
  });
});
