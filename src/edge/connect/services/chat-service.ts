import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { ChatSchema } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import type { ChatService } from "../../../../gen/parlance/chat/v1/chat_service_pb.js";
import { chat as chatOperation, countTokens } from "../../../core/operation.ts";
import type { Engine } from "../../gateway-api.ts";
import { streamResponses } from "../stream-responses.ts";
import { answerRpcCall, beginRpcCall, explainRpcCall } from "./rpc-call.ts";

/** ChatService over the gateway. */
export function createChatService(engine: Engine): ServiceImpl<typeof ChatService> {
  return {
    async complete({ chat = create(ChatSchema) }, context) {
      const { result, report } = await answerRpcCall(engine, chatOperation, chat, context);
      return { $typeName: "parlance.chat.v1.CompleteResponse", completion: result, report };
    },
    streamComplete: ({ chat = create(ChatSchema) }, context) =>
      streamResponses(engine, beginRpcCall(engine, chatOperation, chat, context, true)),
    async countTokens({ chat = create(ChatSchema) }, context) {
      const { result, report } = await answerRpcCall(engine, countTokens, chat, context);
      return { ...result, report };
    },
    explain: ({ chat = create(ChatSchema), stream, countTokens: counts }, context) =>
      counts
        ? explainRpcCall(engine, countTokens, chat, context)
        : explainRpcCall(engine, chatOperation, chat, context, stream),
  };
}
