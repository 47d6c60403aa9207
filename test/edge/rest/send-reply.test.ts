import { expect, it } from "vitest";
import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import { openAiChatFacade } from "../../../src/adapters/openai-chat/index.ts";
import { sendReply } from "../../../src/edge/rest/send-reply.ts";
import { callOf, chatOf, replyOf } from "../../calls.ts";
import { startServer } from "../start-server.ts";

it("a stream that cannot be encoded is told as broken, and its source is left", async () => {
  let left = false;
  async function* endless(): AsyncGenerator<readonly Event[]> {
    try {
      for (;;) yield [{ $typeName: "parlance.chat.v1.Event", event: { case: undefined } }];
    } finally {
      left = true;
    }
  }
  const bug = new Error("an encoder broke");
  const bugs: unknown[] = [];
  const facade = {
    ...openAiChatFacade,
    encodeEvent: () => {
      throw bug;
    },
  };
  const call = callOf({ request: { operation: "chat", stream: true, chat: () => chatOf("hi") } });
  const reply = {
    ...replyOf({ provider: "p", model: "m" }),
    output: { kind: "events", batches: endless() },
  } as const;
  const context = { model: "m", nowUnixS: 0, callId: "call_1", wantsUsage: false };
  const { url } = await startServer({
    handler: (exchange) =>
      sendReply(exchange, call, reply, { facade, context, onBug: (error) => bugs.push(error) }),
  });
  const text = await (await fetch(url)).text();
  expect(text).toContain('"error"');
  expect(text).not.toContain("[DONE]");
  expect(bugs).toEqual([bug]);
  expect(left).toBe(true);
});
