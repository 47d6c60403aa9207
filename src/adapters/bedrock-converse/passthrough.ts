import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { Frame, FrameWatch, OriginBody, Passthrough } from "../../core/dialect.ts";
import type { OperationName } from "../../core/operation.ts";
import type { WireRequest } from "../../core/wire-request.ts";
import { asBuffer, isObject, objectAt, parseJson, stringAt } from "../../json/json.ts";
import type { JsonText } from "../../json/json-text.ts";
import { noSource } from "../../json/source-slice.ts";
import { SEAL_PREFIX } from "../shared/sealed-reasoning.ts";
import { decodeUsage } from "./usage.ts";
import { frameFault } from "./vendor/error.ts";
import { tierOf } from "./vendor/response.ts";
import { type BedrockOperation, type ConverseOptions, wireRequest } from "./wire.ts";

/**
 * The byte path: the model stands in the path, so that the body needs no edit; every frame is
 * handed on.
 */
export const passthrough: Passthrough<Readonly<Record<string, unknown>>> = {
  // The vendor would refuse the proofs of others, which were sealed for the client.
  fit: (operation, origin) =>
    holdsSeal(origin.body) || (operation === "count_tokens" && holdsSeal(innerBody(origin)))
      ? "translated"
      : "as_is",
  request,
  scanUsage,
  watch,
};

function holdsSeal(body: Uint8Array): boolean {
  return asBuffer(body).includes(`"${SEAL_PREFIX}`);
}

/** The body of InvokeModel in one of CountTokens. */
function innerBody({ json }: OriginBody): Uint8Array {
  const invoke = objectAt(objectAt(json, "input") ?? {}, "invokeModel");
  return Buffer.from((invoke && stringAt(invoke, "body")) ?? "", "base64");
}

function request(
  operation: OperationName,
  body: Uint8Array,
  options: ConverseOptions,
): WireRequest {
  return wireRequest(options.model, wireOperation(operation, options.stream), body);
}

function wireOperation(operation: OperationName, stream: boolean): BedrockOperation {
  if (operation === "chat") return stream ? "converse-stream" : "converse";
  return operation === "count_tokens" ? "count-tokens" : "invoke";
}

function scanUsage(operation: OperationName, answer: JsonText): Usage | undefined {
  const usage = operation === "chat" ? answer.object()?.usage : undefined;
  return isObject(usage) ? decodeUsage(usage, noSource, "") : undefined;
}

const FORWARD = { forward: true } as const;

function watch(): FrameWatch {
  let ended = false;
  return {
    see(frame) {
      const fault = frameFault(frame);
      if (fault !== undefined) return { forward: true, fault };
      if (frame.event === "messageStop") ended = true;
      const usage = frame.event === "metadata" ? usageOf(frame) : undefined;
      return usage === undefined ? FORWARD : { forward: true, usage };
    },
    ended: () => ended,
    missingEnd: () => "",
  };
}

function usageOf(frame: Frame): Usage | undefined {
  const parsed = parseJson(frame.data);
  const json = parsed.ok && isObject(parsed.value) ? parsed.value : {};
  const usage = objectAt(json, "usage");
  return usage === undefined ? undefined : decodeUsage(usage, noSource, tierOf(json));
}
