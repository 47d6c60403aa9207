import { pathToString } from "@bufbuild/protobuf/reflect";
import type { Validator } from "@bufbuild/protovalidate";
import { ChatSchema } from "../../gen/parlance/chat/v1/chat_pb.js";
import { EmbedSpecSchema } from "../../gen/parlance/embed/v1/embedding_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { RerankSpecSchema } from "../../gen/parlance/rerank/v1/ranking_pb.js";
import type { Call, Layer } from "../core/call.ts";
import type { Check } from "../core/check.ts";
import { type FieldFault, MAX_FAULT_FIELDS } from "../core/fault.ts";
import { GatewayError } from "../core/gateway-error.ts";

/** Makes a check of a validator. */
export function createCheck(validator: Validator): Check {
  return (schema, message, prefix) => {
    const result = validator.validate(schema, message);
    if (result.kind === "valid") return;
    if (result.kind === "error") throw result.error;
    throw invalid(
      result.violations.map((violation) => {
        const path = pathToString(violation.field);
        const field = prefix === "" || path === "" ? prefix + path : `${prefix}.${path}`;
        return { field, message: violation.message, ruleId: violation.ruleId };
      }),
    );
  };
}

/**
 * Checks what typed callers send. A REST caller's body was checked as its dialect says when it was
 * decoded, and is the vendor's to check when its bytes go through.
 */
export function validate(check: Check): Layer {
  return (next) => async (call) => {
    if (call.origin === undefined) checkRequest(check, call);
    return next(call);
  };
}

function checkRequest(check: Check, call: Call): void {
  switch (call.request.operation) {
    case "chat":
    case "count_tokens":
      check(ChatSchema, call.request.chat(), "chat");
      return;
    case "embed":
      check(EmbedSpecSchema, call.request.spec(), "spec");
      return;
    case "rerank":
      check(RerankSpecSchema, call.request.spec(), "spec");
      return;
  }
}

function invalid(all: readonly FieldFault[]): GatewayError {
  const fields = all.slice(0, MAX_FAULT_FIELDS);
  const listed = fields.map(({ field, message }) => `${field}: ${message}`).join("; ");
  return new GatewayError({
    reason: ErrorReason.INVALID_REQUEST,
    message: listed.slice(0, 4096),
    fields,
  });
}
