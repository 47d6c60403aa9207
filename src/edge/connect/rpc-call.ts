import type { HandlerContext } from "@connectrpc/connect";
import type { Call, CallRequest } from "../../core/call.ts";
import type { Engine } from "../engine.ts";
import { exchangeKey } from "./exchange-key.ts";
import type { RefusedRpc } from "./rpc-refusal.ts";

/** Makes a call of what a typed caller sent. Its timeout becomes the call's deadline; its leaving cancels the call. */
export function beginRpcCall(engine: Engine, model: string, request: CallRequest, context: HandlerContext): Call {
  const exchange = context.values.get(exchangeKey);
  const timeoutMs = context.timeoutMs();
  const header = exchange === undefined ? headerReader(context) : (name: string) => exchange.header(name);
  return engine.begin({
    model,
    request,
    header,
    signal: exchange?.signal() ?? context.signal,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
}

/** What a method that makes no call is refused under. */
export function refusedIn({ method }: HandlerContext): RefusedRpc {
  return { operation: `${method.parent.typeName}/${method.name}` };
}

/** Reads request headers without building web Headers where there is an exchange to ask. */
export function headerReader(context: HandlerContext): (name: string) => string | undefined {
  const exchange = context.values.get(exchangeKey);
  if (exchange !== undefined) return (name) => exchange.header(name);
  return (name) => context.requestHeader.get(name) ?? undefined;
}
