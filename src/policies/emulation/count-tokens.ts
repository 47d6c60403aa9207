import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import {
  CountMethod,
  type CountTokensResponse,
} from "../../../gen/parlance/chat/v1/chat_service_pb.js";
import type { Settings } from "../../config/settings.ts";
import { attemptOf, wireOutletOf } from "../../core/attempt.ts";
import type { Call, Layer, Reply } from "../../core/call.ts";
import type { Plan, Stage } from "../../core/compose.ts";
import type { CountPrompt } from "../../core/count-prompt.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { wholeEnd } from "../../core/life.ts";
import { expectMessage } from "../../core/operation.ts";
import type { WireOutlet } from "../../core/target/outlet.ts";

/** What counting needs of the world. */
export interface CountOptions {
  readonly countPrompt: CountPrompt;
}

/** The stage of the layer below. */
export function countTokensPolicy(_: Settings, world: CountOptions): Stage {
  return { name: "count_tokens", layer: countTokens(world), plan: planCountTokens(world) };
}

/**
 * Counts the tokens of a prompt here where the vendor serves chat and cannot count. The reply says
 * so in its method, and its report names the tokenizer. Nothing is sent.
 */
export function countTokens(options: CountOptions): Layer {
  return (next) => (call) => {
    const outlet = countingOutlet(call);
    if (outlet === undefined) return next(call);
    const here = (): Promise<Reply> => countHere(options.countPrompt, call, outlet);
    if (!countsItself(outlet, call)) return here();
    return next(call).catch((error: unknown) => {
      const refused =
        error instanceof GatewayError &&
        outlet.dialect.emulation?.countRefused?.(error.fault) === true;
      return refused ? here() : Promise.reject(error);
    });
  };
}

/** Says where a count would be made by the gateway, and by what: makes it, to know. */
export function planCountTokens({
  countPrompt,
}: CountOptions): (call: Call) => Promise<Plan> | undefined {
  return (call) => {
    const outlet = countingOutlet(call);
    if (outlet === undefined || countsItself(outlet, call)) return undefined;
    return countedHere(countPrompt, call, outlet).then(({ report }) => ({
      call,
      report,
      note: "counted by the gateway",
      sends: false,
    }));
  };
}

/** The vendor of a call for a count that could be made here; undefined for any other call. */
function countingOutlet(call: Call): WireOutlet | undefined {
  if (call.request.operation.name !== "count_tokens") return undefined;
  const outlet = wireOutletOf(call);
  return outlet?.operations.has("chat") === true ? outlet : undefined;
}

/** Whether the vendor has a count for this model: some have it for some models only. */
function countsItself({ dialect, operations, quirks }: WireOutlet, call: Call): boolean {
  if (dialect.codecs.count_tokens === undefined || !operations.has("count_tokens")) return false;
  return dialect.emulation?.uncounted?.(attemptOf(call).target.model, quirks) !== true;
}

function countedHere(
  countPrompt: CountPrompt,
  call: Call,
  { dialect, quirks }: WireOutlet,
): ReturnType<CountPrompt> {
  const rules = dialect.emulation?.countingRules?.(attemptOf(call).target.model, quirks);
  const chat: Chat = expectMessage(call.request.message(), ChatSchema);
  return countPrompt(chat, rules, call.life.signal);
}

async function countHere(countPrompt: CountPrompt, call: Call, outlet: WireOutlet): Promise<Reply> {
  const { inputTokens, report } = await countedHere(countPrompt, call, outlet);
  const result: CountTokensResponse = {
    $typeName: "parlance.chat.v1.CountTokensResponse",
    inputTokens: BigInt(inputTokens),
    method: CountMethod.TOKENIZER,
  };
  call.life.end(wholeEnd(undefined));
  return {
    life: call.life,
    target: attemptOf(call).target,
    dialect: outlet.dialect.name,
    report,
    headers: {},
    body: { kind: "whole", result: () => result },
  };
}
