import { isMessage } from "@bufbuild/protobuf";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { attemptOf, wireOutletOf, withRequest } from "../../core/attempt.ts";
import type { Call, Handler, Layer, Reply } from "../../core/call.ts";
import type { Plan, Stage } from "../../core/compose.ts";
import { rewriteReply } from "../../core/reply/rewrite-reply.ts";
import { type PlainTools, plainTools } from "./tools/plain-tools.ts";
import { restoreCalls } from "./tools/restore-calls.ts";

/** The stage of the layer below. */
export function toolFormsPolicy(): Stage {
  return { name: "tool_forms", layer: toolForms(), plan: planToolForms };
}

/**
 * For vendors that take functions and no other tools: sends custom tools and tools of namespaces as
 * functions, and gives calls of them back as what they are. A body that would pass as it is is
 * translated where it holds such tools.
 */
export function toolForms(): Layer {
  return (next) => (call) => {
    const plain = plainOf(call);
    return plain === undefined ? next(call) : exchange(next, call, plain);
  };
}

/** The call as it would be sent. */
export function planToolForms(call: Call): Plan | undefined {
  const plain = plainOf(call);
  return plain && { call: withPlain(call, plain), report: plain.entries };
}

/** Undefined where a call is sent as it is. */
function plainOf(call: Call): PlainTools | undefined {
  const { passes, target } = attemptOf(call);
  const outlet = wireOutletOf(call);
  const emulation = outlet?.dialect.emulation;
  const model = target.baseModel ?? target.model;
  const lacks = outlet && emulation?.lacksToolForms?.(model, outlet.quirks);
  if (lacks === undefined) return undefined;
  if (
    passes &&
    (call.origin === undefined || emulation?.holdsToolForms?.(call.origin.json) !== true)
  )
    return undefined;
  const message = call.request.message();
  return isMessage(message, ChatSchema) ? plainTools(message, lacks) : undefined;
}

function withPlain(call: Call, { chat }: PlainTools): Call {
  return withRequest(call, { ...call.request, message: () => chat });
}

async function exchange(next: Handler, call: Call, plain: PlainTools): Promise<Reply> {
  const { callers, entries } = plain;
  const reply = await rewriteReply(withPlain(call, plain), next, (pieces) =>
    restoreCalls(pieces, callers),
  );
  return { ...reply, report: [...entries, ...reply.report] };
}
