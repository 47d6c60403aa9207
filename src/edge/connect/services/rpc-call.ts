import type { HandlerContext } from "@connectrpc/connect";
import type { Call, CallRequest, Principal } from "../../../core/call.ts";
import type { Engine } from "../../gateway-api.ts";
import { exchangeKey } from "../exchange-key.ts";
import type { RefusedRpc } from "../rpc-refusal.ts";

/**
 * Makes a call of what a typed caller sent. Its timeout becomes the call's deadline; its leaving
 * cancels the call.
 */
export function beginRpcCall(
  engine: Engine,
  model: string,
  request: CallRequest,
  context: HandlerContext,
): Call {
  const exchange = context.values.get(exchangeKey);
  const timeoutMs = context.timeoutMs();
  const header =
    exchange === undefined ? headerReader(context) : (name: string) => exchange.header(name);
  return engine.begin({
    model,
    request,
    header,
    principal: exchange?.principal,
    signal: exchange?.signal() ?? context.signal,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
}

/** What a method that makes no call is refused under. */
export function refusedIn({ method, values }: HandlerContext): RefusedRpc {
  const principal = values.get(exchangeKey)?.principal?.name;
  return { operation: `${method.parent.typeName}/${method.name}`, principal };
}

/**
 * Who calls a method that makes no call; throws UNAUTHENTICATED where the edge does not know and
 * the key is not good.
 */
export function principalOf(engine: Engine, context: HandlerContext): Principal {
  return context.values.get(exchangeKey)?.principal ?? engine.identify(headerReader(context));
}

/** Reads request headers without building web Headers where there is an exchange to ask. */
function headerReader(context: HandlerContext): (name: string) => string | undefined {
  const exchange = context.values.get(exchangeKey);
  if (exchange !== undefined) return (name) => exchange.header(name);
  return (name) => context.requestHeader.get(name) ?? undefined;
}
