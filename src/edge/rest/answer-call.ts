import type { Call } from "../../core/call.ts";
import { clientCodecOf, type Facade, type FacadeContext } from "../../core/dialect.ts";
import type { Fault } from "../../core/faults/fault.ts";
import { faultOf } from "../fault-of.ts";
import type { Engine } from "../gateway-api.ts";
import type { Exchange } from "../http/exchange.ts";
import { failureHeaders, ownRatesOf, ratePrefixes, targetHeaders } from "./reply-headers.ts";
import { createReplyStream, type ReplyStreamOptions } from "./reply-stream.ts";
import { sendFault } from "./rest-error.ts";
import { sendReply } from "./send-reply.ts";

/** What answering needs. */
export interface AnswerOptions extends ReplyStreamOptions {
  readonly engine: Engine;
  readonly facade: Facade;
}

/**
 * Runs a call and answers it in the dialect of its client. A streamed one is kept from silence
 * meanwhile.
 */
export async function answerCall(
  exchange: Exchange,
  call: Call,
  options: AnswerOptions,
): Promise<void> {
  const { engine, facade } = options;
  const context: FacadeContext = {
    model: call.model,
    nowUnixS: engine.nowUnixS(),
    callId: call.id,
    wantsUsage: call.origin?.wantsUsage ?? true,
    ...(call.origin === undefined ? undefined : { origin: call.origin }),
  };
  const stream = call.request.stream ? createReplyStream(exchange, call, options) : undefined;
  try {
    const reply = await engine.handle(call);
    await sendReply(exchange, call, reply, { facade, context, stream, onBug: engine.onBug });
  } catch (error) {
    const fault = faultOf(error, engine.onBug);
    const own = ownRatesOf(call, facade, context.nowUnixS);
    const target = targetHeaders(call.trace.attempts.at(-1)?.target);
    const headers = [...failureHeaders(call, own), ...target];
    if (stream?.begun === true) {
      stream.begin(headers);
      stream.end(fault.frames ?? streamError({ call, facade, context }, fault));
    } else if (!exchange.headSent) {
      const prefixes = ratePrefixes(call, own);
      sendFault(exchange, facade, fault, { id: call.id, headers, prefixes });
    }
  } finally {
    stream?.close();
  }
}

/** The failure of a call whose client has a head already and nothing of an answer. */
function streamError(
  { call, facade, context }: { call: Call; facade: Facade; context: FacadeContext },
  fault: Fault,
): string {
  const encoder = clientCodecOf(facade, call.request.operation)?.stream;
  return encoder?.encodeStreamError(encoder.begin(context), fault).join("") ?? "";
}
