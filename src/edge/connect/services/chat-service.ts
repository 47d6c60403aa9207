import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { ChatService } from "../../../../gen/parlance/chat/v1/chat_service_pb.js";
import { chat, countTokens } from "../../../core/operation.ts";
import type { Engine } from "../../gateway-api.ts";
import { exchangeKey } from "../exchange-key.ts";
import { streamResponses } from "../streams/stream-responses.ts";
import { answerRpcCall, beginRpcCall, explainRpcCall, sayLeft } from "./rpc-call.ts";
import { chatOf, textOf } from "./short-forms.ts";

/**
 * ChatService over the gateway. `heartbeatMs`: how long a stream to a client elsewhere may be
 * silent, in milliseconds; 0: for ever.
 */
export function createChatService(
  engine: Engine,
  heartbeatMs: number,
): ServiceImpl<typeof ChatService> {
  return {
    async complete(request, context) {
      const { result, report } = await answerRpcCall(engine, chat, chatOf(request), context);
      const text = textOf(result);
      return { $typeName: "parlance.chat.v1.CompleteResponse", completion: result, report, text };
    },
    streamComplete(request, context) {
      const call = beginRpcCall(engine, chat, chatOf(request), context, true);
      call.life.atEnd(() => sayLeft(call, context));
      return streamResponses(engine, call, needsPings(context) ? heartbeatMs : 0);
    },
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

/**
 * Whether messages alone keep a stream open. HTTP/2 has PING frames; those end at the proxies that
 * clients of gRPC-Web are made for.
 */
function needsPings({ protocolName, values }: HandlerContext): boolean {
  const protocol = values.get(exchangeKey)?.protocol;
  return protocol === "h1" || (protocol === "h2" && protocolName === "grpc-web");
}
