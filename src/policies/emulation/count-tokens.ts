import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { CountMethod } from "../../../gen/parlance/chat/v1/chat_service_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Call, Layer, Reply } from "../../core/call.ts";
import type { CountPrompt } from "../../core/count-prompt.ts";
import { GatewayError } from "../../core/gateway-error.ts";
import type { WireOutlet } from "../../core/outlet.ts";
import { type OutletLookup, wireOutlet } from "./translated-outlet.ts";

/** What counting needs of the world. */
export interface CountOptions {
  readonly outlet: OutletLookup;
  readonly countPrompt: CountPrompt;
}

/**
 * Counts the tokens of a prompt here where the vendor serves chat and cannot count. The reply says
 * so by its method, and its report by what the count was made. Nothing is sent.
 */
export function countTokens(options: CountOptions): Layer {
  return (next) => (call) => {
    const { request } = call;
    if (request.operation !== "count_tokens") return next(call);
    const outlet = wireOutlet(options.outlet, call);
    if (outlet === undefined || !outlet.operations.has("chat")) return next(call);
    const here = (): Promise<Reply> => countHere(options.countPrompt, call, outlet, request.chat);
    if (!countsItself(outlet, call)) return here();
    return next(call).catch((error: unknown) => {
      const refused =
        error instanceof GatewayError &&
        outlet.dialect.emulation?.countRefused?.(error.fault) === true;
      return refused ? here() : Promise.reject(error);
    });
  };
}

function countsItself({ dialect, operations, quirks }: WireOutlet, { target }: Call): boolean {
  if (dialect.countTokens === undefined || !operations.has("count_tokens")) return false;
  return dialect.emulation?.uncounted?.(target?.model ?? "", quirks) !== true;
}

async function countHere(
  countPrompt: CountPrompt,
  call: Call,
  { dialect, provider, quirks }: WireOutlet,
  chat: () => Chat,
): Promise<Reply> {
  const target = call.target ?? { provider, model: "" };
  const rules = dialect.emulation?.countingRules?.(target.model, quirks);
  const { inputTokens, report } = await countPrompt(chat(), rules, call.signal).catch(
    (error: unknown) => {
      throw call.signal?.aborted === true && !(error instanceof GatewayError) ? cancelled() : error;
    },
  );
  call.trace.attempt({ target, dialect: dialect.name, durationUs: 0, status: 0 });
  call.settle({ callerGone: false });
  const output = { kind: "token_count", inputTokens, method: CountMethod.TOKENIZER } as const;
  return { target, dialect: dialect.name, report, headers: {}, output };
}

function cancelled(): GatewayError {
  return new GatewayError({ reason: ErrorReason.CANCELLED, message: "the call was cancelled" });
}
