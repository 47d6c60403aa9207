import type { FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { FieldOutcome } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Decoded, Encoded, EncodeOptions, WireRequest } from "../../core/dialect.ts";
import type { Fault } from "../../core/fault.ts";
import type { Writable } from "../../core/json-write.ts";

/** The dialect's name, in the catalog, in `extras_json` and in opaque parts. */
export const NAME = "cohere";

/** Where chats are asked for, after the provider's base URL. See https://docs.cohere.com/reference/chat. */
export const CHAT_PATH = "/v2/chat";

/** Where vectors are asked for. See https://docs.cohere.com/reference/embed. */
export const EMBED_PATH = "/v2/embed";

/** Where rankings are asked for. See https://docs.cohere.com/reference/rerank. */
export const RERANK_PATH = "/v2/rerank";

/** The former way to ask for rankings, which alone takes documents that are objects and can repeat them. */
export const RERANK_V1_PATH = "/v1/rerank";

/**
 * The `id` of a reasoning part that is the vendor's `tool_plan`: what the model says about the tools that it is about to
 * call. By it the plan finds its way back on the next turn.
 */
export const TOOL_PLAN = "tool_plan";

/**
 * What a vendor may deviate in.
 *
 * - `thinking`: whether the `thinking` options are taken. Absent: true.
 * - `strictTools`: whether `strict_tools` is taken. Absent: true.
 * - `rerankShape`: how rankings are asked for (../rerank/shape.ts). Absent: `cohere`.
 */
export interface CohereQuirks {
  readonly thinking?: boolean;
  readonly strictTools?: boolean;
  readonly rerankShape?: string;
}

/** What encoders get: quirks are read member by member, so any record will do. */
export type CohereOptions = EncodeOptions<Readonly<Record<string, unknown>>>;

/** A JSON object under construction. Undefined members are not written. */
export type Draft = Record<string, Writable>;

/** What an encoder has to tell while it builds a body: what became of fields, and the first reason to refuse. */
export interface Report {
  readonly fields: FieldReport[];
  fault: Fault | undefined;
}

/** A report with nothing in it. */
export function createReport(): Report {
  return { fields: [], fault: undefined };
}

/** Tells what became of a field. */
export function tell(report: Report, field: string, outcome: FieldOutcome, note: string): void {
  report.fields.push({ $typeName: "parlance.call.v1.FieldReport", field, outcome, note });
}

/** Tells that a field was not sent. */
export function drop(report: Report, field: string, note: string): void {
  tell(report, field, FieldOutcome.DROPPED, note);
}

/** Tells that a field was sent in the vendor's words. */
export function mapped(report: Report, field: string, note: string): void {
  tell(report, field, FieldOutcome.MAPPED, note);
}

/** Tells that a field was brought about by other means. */
export function emulated(report: Report, field: string, note: string): void {
  tell(report, field, FieldOutcome.EMULATED, note);
}

/** Tells that a field was sent with the nearest value that the vendor takes. */
export function clamped(report: Report, field: string, note: string): void {
  tell(report, field, FieldOutcome.CLAMPED, note);
}

/** Refuses the request because of content that cannot be sent. The first refusal stands. */
export function refuse(report: Report, field: string, message: string): void {
  refuseWith(report, ErrorReason.UNSUPPORTED, field, message);
}

/** Refuses the request because a field is wrong. The first refusal stands. */
export function refuseWith(report: Report, reason: ErrorReason, field: string, message: string): void {
  report.fault ??= { reason, message: `${field}: ${message}`, fields: [{ field, message }] };
}

/** The request with its report, or the refusal. */
export function outcome(report: Report, request: () => WireRequest): Decoded<Encoded> {
  if (report.fault !== undefined) return { ok: false, fault: report.fault };
  return { ok: true, value: { request: request(), report: report.fields } };
}

/** A POST of a JSON body. */
export function post(path: string, body: Uint8Array | string): WireRequest {
  return { method: "POST", path, headers: ["content-type", "application/json"], body };
}

/** A text where it is not empty. */
export function given(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
