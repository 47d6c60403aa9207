import { FieldOutcome, type FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { type Model, UnknownFields } from "../../../gen/parlance/config/v1/model_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { type Body, membersOf, mergeMembers } from "../../json/members.ts";
import { writeJson } from "../../json/write.ts";
import { type Fault, MAX_FAULT_FIELDS } from "../faults/fault.ts";
import { GatewayError } from "../faults/gateway-error.ts";
import { isLoss } from "./fidelity.ts";

/**
 * What a call may lose on its way to a vendor of another dialect. The same dialect loses nothing.
 */
export type LossPolicy = Readonly<Pick<Model, "strict" | "unknownFields">>;

/** Losses are reported, and nothing is refused because of them. */
export const lenient: LossPolicy = { unknownFields: UnknownFields.UNSPECIFIED };

/**
 * Whether the caller itself asks to be strict, by the header `x-parlance-strict`. Throws
 * INVALID_REQUEST for other words.
 */
export function asksStrict(header: (name: string) => string | undefined): boolean {
  const word = header("x-parlance-strict")?.trim().toLowerCase();
  if (word === undefined || word === "false" || word === "0") return false;
  if (word === "true" || word === "1") return true;
  const message = "must be true or false";
  const fields = [{ field: "x-parlance-strict", message }];
  throw new GatewayError({
    reason: ErrorReason.INVALID_REQUEST,
    message: `x-parlance-strict: ${message}`,
    fields,
  });
}

/**
 * The refusal of a call that would lose something, with the fields that it would lose. Undefined:
 * it loses nothing.
 */
export function lossFault(report: readonly FieldReport[]): Fault | undefined {
  const lost = report.filter(({ outcome }) => isLoss(outcome));
  if (lost.length === 0) return undefined;
  const fields = lost.slice(0, MAX_FAULT_FIELDS).map(({ field, outcome, note }) => ({
    field,
    message: `${outcome === FieldOutcome.CLAMPED ? "would be changed" : "would be dropped"}: ${note}`,
  }));
  const names = lost.map(({ field }) => field).join(", ");
  const message = `strict: the target cannot honour ${names.slice(0, 2048)}; leave out what is lost, or call without strict`;
  return { reason: ErrorReason.FIDELITY_LOSS, message, fields };
}

/** A request with options for vendors, by dialect. */
interface WithExtras {
  readonly extrasJson: Readonly<Record<string, string>>;
}

/** A request as a dialect shall encode it, and reports to add to those of the dialect. */
export interface Adjusted<T> {
  readonly request: T;
  readonly report: readonly FieldReport[];
}

/**
 * Applies the policy for the options of other dialects. DROP, the default, leaves them to the
 * dialect, which reports them; REFUSE throws UNSUPPORTED; FORWARD makes them options of the
 * dialect, whose own options take precedence.
 */
export function adjustUnknown<T extends WithExtras>(
  request: T,
  dialect: string,
  policy: UnknownFields,
): Adjusted<T> {
  const foreign = Object.keys(request.extrasJson).filter((name) => name !== dialect);
  const acts = policy === UnknownFields.REFUSE || policy === UnknownFields.FORWARD;
  if (!acts || foreign.length === 0) return { request, report: [] };
  if (policy === UnknownFields.REFUSE) throw new GatewayError(refusal(request, foreign, dialect));
  const body: Body = {};
  const lost: FieldReport[] = [];
  for (const name of [...foreign, dialect]) {
    const text = request.extrasJson[name];
    if (text === undefined || text === "" || mergeMembers(body, text)) continue;
    lost.push({
      ...entry,
      field: pathOf(name),
      outcome: FieldOutcome.DROPPED,
      note: "not a JSON object",
    });
  }
  const unsent = new Set(lost.map(({ field }) => field));
  const forwards = foreign.flatMap((name) =>
    pathsOf(name, request).map((field) => forwarded(field, dialect)),
  );
  return {
    request: { ...request, extrasJson: { [dialect]: writeJson(body) } },
    report: [...forwards.filter(({ field }) => !unsent.has(field)), ...lost],
  };
}

const entry = { $typeName: "parlance.call.v1.FieldReport" } as const;

/**
 * A dialect drops another's options as a whole, `extras_json["openai-chat"]`; the report to callers
 * names each member, `extras_json["openai-chat"].top_a`. Other entries stay as they are.
 */
export function nameMembers(
  request: WithExtras,
  report: readonly FieldReport[],
): readonly FieldReport[] {
  const wholes = new Map(Object.keys(request.extrasJson).map((name) => [pathOf(name), name]));
  if (wholes.size === 0) return report;
  return report.flatMap((item) => {
    const name = item.outcome === FieldOutcome.DROPPED ? wholes.get(item.field) : undefined;
    return name === undefined
      ? [item]
      : pathsOf(name, request).map((field) => ({ ...item, field }));
  });
}

function refusal(request: WithExtras, foreign: readonly string[], dialect: string): Fault {
  const unknown = foreign.flatMap((name) => pathsOf(name, request)).slice(0, MAX_FAULT_FIELDS);
  const fields = unknown.map((field) => ({
    field,
    message: `is not known to the dialect ${dialect}`,
  }));
  const names = fields.map(({ field }) => field).join(", ");
  const message = `the model takes no unknown fields: ${names.slice(0, 2048)}; leave them out`;
  return { reason: ErrorReason.UNSUPPORTED, message, fields };
}

function forwarded(field: string, dialect: string): FieldReport {
  return {
    ...entry,
    field,
    outcome: FieldOutcome.FORWARDED,
    note: `sent as members of ${dialect}`,
  };
}

/** The paths of a dialect's options; of the whole, where they are not an object with members. */
function pathsOf(dialect: string, { extrasJson }: WithExtras): readonly string[] {
  const members = membersOf(extrasJson[dialect] ?? "") ?? [];
  return members.length === 0
    ? [pathOf(dialect)]
    : members.map(([key]) => `${pathOf(dialect)}.${key}`);
}

function pathOf(dialect: string): string {
  return `extras_json["${dialect}"]`;
}
