import { create } from "@bufbuild/protobuf";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { type Chat, ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import {
  type ChatService,
  CompleteResponseSchema,
  CountTokensResponseSchema,
  type StreamCompleteResponse,
  StreamCompleteResponseSchema,
} from "../../../gen/parlance/chat/v1/chat_service_pb.js";
import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import type { Call, Reply } from "../../core/call.ts";
import { createCollector } from "../../core/collect.ts";
import type { Engine } from "../engine.ts";
import { callReport } from "./call-report.ts";
import { beginRpcCall } from "./rpc-call.ts";
import { toConnectError } from "./to-connect-error.ts";

/** ChatService over the engine. */
export function createChatService(engine: Engine): ServiceImpl<typeof ChatService> {
  const chatCall = (chat: Chat | undefined, stream: boolean, context: HandlerContext): Call => {
    const asked = chat ?? create(ChatSchema);
    return beginRpcCall(engine, asked.model, { operation: "chat", stream, chat: () => asked }, context);
  };
  return {
    async complete({ chat }, context) {
      const call = chatCall(chat, false, context);
      return told(call, async () => {
        const reply = await engine.handle(call);
        const collector = createCollector();
        for await (const batch of batchesOf(reply)) {
          for (const event of batch) collector.add(event);
        }
        const report = callReport(call, reply, engine.configHash());
        return create(CompleteResponseSchema, { completion: collector.completion(), report });
      });
    },
    async *streamComplete({ chat }, context) {
      const call = chatCall(chat, true, context);
      try {
        yield* responses(call, await engine.handle(call), engine.configHash());
      } catch (error) {
        throw toConnectError(error, call);
      }
    },
    async countTokens({ chat }, context) {
      const asked = chat ?? create(ChatSchema);
      const call = beginRpcCall(engine, asked.model, { operation: "count_tokens", chat: () => asked }, context);
      return told(call, async () => {
        const reply = await engine.handle(call);
        if (reply.output.kind !== "token_count") throw new Error(`a count was answered with ${reply.output.kind}`);
        const { inputTokens, method } = reply.output;
        const report = callReport(call, reply, engine.configHash());
        return create(CountTokensResponseSchema, { inputTokens: BigInt(inputTokens), method, report });
      });
    },
    async explain({ chat, stream }, context) {
      const call = chatCall(chat, stream, context);
      return told(call, () => engine.explain(call));
    },
  };
}

/** The report rides on the first message only. */
async function* responses(call: Call, reply: Reply, configHash: string): AsyncGenerator<StreamCompleteResponse> {
  let report: StreamCompleteResponse["report"] = callReport(call, reply, configHash);
  for await (const batch of batchesOf(reply)) {
    for (const event of batch) {
      const response = create(StreamCompleteResponseSchema);
      response.event = event;
      if (report !== undefined) response.report = report;
      report = undefined;
      yield response;
    }
  }
}

function batchesOf(reply: Reply): AsyncIterable<readonly Event[]> {
  if (reply.output.kind !== "events")
    throw new Error(`a chat of a typed caller was answered with ${reply.output.kind}`);
  return reply.output.batches;
}

/** Runs a method; what it throws becomes an RPC status. */
export async function told<T>(call: Call, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw toConnectError(error, call);
  }
}
