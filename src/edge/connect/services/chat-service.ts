import type { ServiceImpl } from "@connectrpc/connect";
import type { ChatService } from "../../../../gen/parlance/chat/v1/chat_service_pb.js";
import { chat, countTokens } from "../../../core/operation.ts";
import type { Engine } from "../../gateway-api.ts";
import { streamResponses } from "../stream-responses.ts";
import { answerRpcCall, beginRpcCall, explainRpcCall } from "./rpc-call.ts";
import { chatOf, textOf } from "./short-forms.ts";

/** ChatService over the gateway. */
export function createChatService(engine: Engine): ServiceImpl<typeof ChatService> {
  return {
    async complete(request, context) {
      const { result, report } = await answerRpcCall(engine, chat, chatOf(request), context);
      const text = textOf(result);
      return { $typeName: "parlance.chat.v1.CompleteResponse", completion: result, report, text };
    },
    streamComplete: (request, context) =>
      streamResponses(engine, beginRpcCall(engine, chat, chatOf(request), context, true)),
    async countTokens(request, context) {
      const { result, report } = await answerRpcCall(engine, countTokens, chatOf(request), context);
      return { ...result, report };
    },
    explain: (request, context) =>
      request.countTokens
        ? explainRpcCall(engine, countTokens, chatOf(request), context)
        : explainRpcCall(engine, chat, chatOf(request), context, request.stream),
  };
}
