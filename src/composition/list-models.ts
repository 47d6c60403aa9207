import { create } from "@bufbuild/protobuf";
import { CompletionSchema } from "../../gen/parlance/chat/v1/completion_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { dialects } from "../adapters/registry.ts";
import { attemptOf } from "../core/attempt.ts";
import type { Call, Reply } from "../core/call.ts";
import { concernsCredential } from "../core/faults/error-behaviour.ts";
import { GatewayError } from "../core/faults/gateway-error.ts";
import type { WireAnswer, WireOutlet } from "../core/target/outlet.ts";
import { isObject } from "../json/json.ts";
import { JsonText } from "../json/json-text.ts";

/**
 * Requests a vendor's list of models in the place of an answer of the target, whose reply has
 * nothing to say. Throws what the vendor reports. The target's vendor has such a list.
 */
export async function listModels(call: Call): Promise<Reply> {
  const { target, outlet, record } = attemptOf(call);
  if (outlet.kind !== "wire") throw new Error(`${outlet.provider} has no list of models`);
  const serving = outlet.families.find(({ has }) => has(target.model))?.outlet ?? outlet;
  const { dialect } = serving;
  const path = pathOf(dialect.name);
  if (path === undefined) throw new Error(`no path of ${dialect.name} lists models`);
  record.sent(dialect.name);
  const request = { method: "GET", path, headers: dialect.listHeaders ?? [], body: "" } as const;
  const sender = { key: call.principal?.name, timeouts: target.timeouts };
  const answer = await serving.send(request, call.life, sender);
  record.replied(answer.status);
  try {
    await readList(serving, answer);
  } catch (error) {
    if (error instanceof GatewayError && concernsCredential(error.fault.reason))
      answer.coolCredential?.(error.fault.reason, error.fault.retryAfterMs);
    answer.cancel();
    throw error;
  }
  call.life.end({ kind: "whole" });
  const body = { kind: "whole", result: () => create(CompletionSchema) } as const;
  return { life: call.life, target, dialect: dialect.name, report: [], headers: {}, body };
}

/** The path of the list in a dialect; undefined: it has none. */
function pathOf(dialect: string): string | undefined {
  const entry = Object.entries(dialects).find(([name]) => name === dialect)?.[1];
  return entry?.operations.models || undefined;
}

/** A server with these has no list, which says nothing of its models. */
const unlisted: ReadonlySet<number> = new Set([404, 405, 501]);

/** A list is JSON; what is on it does not matter. */
async function readList({ dialect, provider }: WireOutlet, answer: WireAnswer): Promise<void> {
  const { status, headers } = answer;
  const bytes = await answer.bytes();
  if (unlisted.has(status))
    throw new GatewayError({
      reason: ErrorReason.UPSTREAM_INVALID_REQUEST,
      message: `the vendor has no list of models (status ${status}): write health_check: { kind: CHAT }`,
      provider,
      upstreamStatus: status,
    });
  if (status < 200 || status > 299)
    throw new GatewayError({ provider, ...dialect.decodeError(status, headers, bytes) });
  const parsed = new JsonText(bytes).parse();
  if (parsed.ok && (isObject(parsed.value) || Array.isArray(parsed.value))) return;
  throw new GatewayError({
    reason: ErrorReason.UPSTREAM_MALFORMED,
    message: "the list of models is not JSON",
    provider,
    upstreamStatus: status,
  });
}
