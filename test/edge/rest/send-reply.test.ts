import { expect, it } from "vitest";
import { openAiChatFacade as openAiChatFacadeOriginal } from "../../../src/adapters/openai-chat/index.ts";
import type { Piece } from "../../../src/core/call.ts";
import { chat as chatOperation } from "../../../src/core/operation.ts";
import { createReplyStream } from "../../../src/edge/rest/reply-stream.ts";
import { sendReply } from "../../../src/edge/rest/send-reply.ts";
import { clientSide } from "../../adapters/sides.ts";
import { callOf, chatOf, replyOf, requestOf } from "../../calls.ts";
import { startServer } from "../start-server.ts";

const openAiChatFacade = clientSide(openAiChatFacadeOriginal);

it("a stream that cannot be encoded is told as broken, and its source is left", async () => {
  let left = false;
  async function* endless(): AsyncGenerator<Piece> {
    try {
      for (;;)
        yield { events: [{ $typeName: "parlance.chat.v1.Event", event: { case: undefined } }] };
    } finally {
      left = true;
    }
  }
  const bug = new Error("an encoder broke");
  const bugs: unknown[] = [];
  const { chat } = openAiChatFacade.codecs;
  if (chat?.stream === undefined) throw new Error("no streams");
  const encodeEvent = () => {
    throw bug;
  };
  const stream = { ...chat.stream, encodeEvent };
  const facade = { ...openAiChatFacade, codecs: { chat: { ...chat, stream } } };
  const call = callOf({ request: requestOf(chatOperation, chatOf("hi"), true) });
  const reply = {
    ...replyOf({ provider: "p", model: "m" }),
    body: { kind: "stream", pieces: endless() },
  } as const;
  const context = { model: "m", nowUnixS: 0, callId: "call_1", wantsUsage: false };
  const { url } = await startServer({
    handler: (exchange) => {
      const stream = createReplyStream(exchange, call, { facade, heartbeatMs: 0 });
      const onBug = (error: unknown) => bugs.push(error);
      return sendReply(exchange, call, reply, { facade, context, stream, onBug });
    },
  });
  const text = await (await fetch(url)).text();
  expect(text).toContain('"error"');
  expect(text).not.toContain("[DONE]");
  expect(bugs).toEqual([bug]);
  expect(left).toBe(true);
});
