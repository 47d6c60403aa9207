import { create } from "@bufbuild/protobuf";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { type Chat, ChatSchema } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import type {
  ChatService,
  CompleteResponse,
  CountTokensResponse,
} from "../../../../gen/parlance/chat/v1/chat_service_pb.js";
import type { Call } from "../../../core/call.ts";
import { createCollector } from "../../../events/collect.ts";
import type { Engine } from "../../gateway-api.ts";
import { batchesOf, streamResponses } from "../stream-responses.ts";
import { toConnectError } from "../to-connect-error.ts";
import { callReport } from "./call-report.ts";
import { beginRpcCall } from "./rpc-call.ts";

/** ChatService over the engine. */
export function createChatService(engine: Engine): ServiceImpl<typeof ChatService> {
  const chatCall = (chat: Chat | undefined, stream: boolean, context: HandlerContext): Call => {
    const asked = chat ?? create(ChatSchema);
    return beginRpcCall(
      engine,
      asked.model,
      { operation: "chat", stream, chat: () => asked },
      context,
    );
  };
  return {
    async complete({ chat }, context) {
      const call = chatCall(chat, false, context);
      return told(engine, call, async (): Promise<CompleteResponse> => {
        const reply = await engine.handle(call);
        const collector = createCollector();
        for await (const batch of batchesOf(reply)) {
          for (const event of batch) collector.add(event);
        }
        const report = callReport(call, reply, engine.configHash());
        return {
          $typeName: "parlance.chat.v1.CompleteResponse",
          completion: collector.completion(),
          report,
        };
      });
    },
    streamComplete: ({ chat }, context) => streamResponses(engine, chatCall(chat, true, context)),
    async countTokens({ chat }, context) {
      const asked = chat ?? create(ChatSchema);
      const call = beginRpcCall(
        engine,
        asked.model,
        { operation: "count_tokens", chat: () => asked },
        context,
      );
      return told(engine, call, async (): Promise<CountTokensResponse> => {
        const reply = await engine.handle(call);
        if (reply.output.kind !== "token_count")
          throw new Error(`a count was answered with ${reply.output.kind}`);
        const { inputTokens, method } = reply.output;
        const report = callReport(call, reply, engine.configHash());
        return {
          $typeName: "parlance.chat.v1.CountTokensResponse",
          inputTokens: BigInt(inputTokens),
          method,
          report,
        };
      });
    },
    async explain({ chat, stream }, context) {
      const call = chatCall(chat, stream, context);
      return told(engine, call, () => engine.explain(call));
    },
  };
}

/** Runs a method; what it throws becomes an RPC status. */
export async function told<T>(engine: Engine, call: Call, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw toConnectError(error, call, engine.onBug);
  }
}
