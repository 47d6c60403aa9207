import { FieldOutcome, type FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { UnknownFields } from "../../../gen/parlance/config/v1/model_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { type Body, membersOf, mergeMembers } from "../../json/members.ts";
import { writeJson } from "../../json/write.ts";
import type { BesideRequest, UnknownMember } from "../beside-request.ts";
import type { DialectName } from "../dialect.ts";
import { type FieldFault, MAX_FAULT_FIELDS } from "../faults/fault.ts";
import { GatewayError } from "../faults/gateway-error.ts";
import { fieldEntry } from "./field-entry.ts";
import type { LossPolicy } from "./loss-policy.ts";
import { type ExtrasMap, mapExtras, type WithExtras } from "./map-extras.ts";

/** What decides about the members of a request that the contract does not know. */
export interface UnknownRule {
  /** The dialect of the target, whose extras are sent. */
  readonly dialect: DialectName;
  readonly policy: UnknownFields;
  /** What a client's request says beside its message; undefined for typed callers. */
  readonly beside: BesideRequest | undefined;
}

/** A request as a dialect shall encode it. */
export interface Adjusted<T> {
  readonly request: T;
  /** Makes the report to callers of what the dialect reported. */
  readonly report: (reported: readonly FieldReport[]) => readonly FieldReport[];
}

/**
 * Applies `unknown_fields` of a model. DROP, the default, leaves what is unknown unsent and reports
 * it; REFUSE throws UNSUPPORTED; FORWARD makes it extras of the target's dialect, whose own take
 * precedence. A target of the client's own dialect gets all of it in every case. Reports name the
 * members as the caller wrote them.
 */
export function adjustUnknown<T extends WithExtras>(request: T, rule: UnknownRule): Adjusted<T> {
  const { beside, dialect, policy } = rule;
  if (beside === undefined) return adjustTyped(request, rule);
  const { members } = beside;
  if (members.length === 0) return { request, report: (reported) => reported };
  const lost = members.map(({ path }) => entry(path, FieldOutcome.DROPPED, UNKNOWN));
  if (beside.dialect === "") return alsoLost(adjustTyped(request, rule), lost);
  if (beside.dialect === dialect) return { request, report: namedByClient(request, members) };
  if (policy === UnknownFields.REFUSE)
    throw refusal(
      members.map(({ path }) => path),
      unknownTo(dialect),
    );
  if (policy === UnknownFields.FORWARD)
    return {
      request: forwarding(request, dialect, []),
      report: namedByClient(request, members, `sent as members of ${dialect}`),
    };
  return {
    request,
    report: (reported) => [...lost, ...reported.filter(({ field }) => !isExtras(field))],
  };
}

/**
 * What becomes of unknown members at a target that speaks no dialect. Throws UNSUPPORTED where it
 * shall lose none.
 */
export function unknownEntries(
  beside: BesideRequest | undefined,
  { strict, unknownFields }: LossPolicy,
): readonly FieldReport[] {
  if (beside === undefined || beside.members.length === 0) return [];
  const paths = beside.members.map(({ path }) => path);
  if (strict === true || unknownFields === UnknownFields.REFUSE)
    throw refusal(paths, "is not known to the contract");
  return paths.map((path) => entry(path, FieldOutcome.DROPPED, UNKNOWN));
}

/** Members of JSON that is the contract's own have no place in any dialect. */
function alsoLost<T>({ request, report }: Adjusted<T>, lost: readonly FieldReport[]): Adjusted<T> {
  return { request, report: (reported) => [...lost, ...report(reported)] };
}

const UNKNOWN = "the contract has no field for it";

/** An entry about extras as a whole, or about those of one dialect. */
function isExtras(field: string): boolean {
  return /(?:^|\.)extras(?:_json(?:\["[^"]*"\])?)?$/.test(field);
}

/**
 * Reports by the client's paths: what has no place in extras is lost, and so is what the dialect
 * says it did not send. `sent` absent: what is sent needs no report.
 */
function namedByClient(
  request: WithExtras,
  members: readonly UnknownMember[],
  sent?: string,
): Adjusted<WithExtras>["report"] {
  return (reported) => {
    const places = placesOf(request, members);
    const unplaced = members.filter(({ extras }) => extras === undefined);
    const lost = new Map(unplaced.map(({ path }) => [path, UNPLACED]));
    const others = reported.filter(({ field, outcome, note }) => {
      const found = outcome === FieldOutcome.DROPPED ? places(field) : [];
      for (const path of found) lost.set(path, note);
      return found.length === 0;
    });
    const own = members.flatMap(({ path }) => {
      const why = lost.get(path);
      if (why !== undefined) return [entry(path, FieldOutcome.DROPPED, why)];
      return sent === undefined ? [] : [entry(path, FieldOutcome.FORWARDED, sent)];
    });
    return [...own, ...others];
  };
}

const UNPLACED = "what the vendor is sent has no place for it";

/**
 * Finds the client's paths that an entry such as `messages[0].extras_json["gemini"].top` is about.
 */
function placesOf(
  request: WithExtras,
  members: readonly UnknownMember[],
): (field: string) => readonly string[] {
  let places: ReadonlyMap<string, readonly string[]> | undefined;
  return (field) => {
    const [, place, rest] =
      /^((?:.*?\.)?extras(?:_json)?)(?:\["[^"]*"\])?(?:\.(.*))?$/.exec(field) ?? [];
    if (place === undefined) return [];
    places ??= pathsByPlace(request, members);
    const paths = places.get(place) ?? [];
    return rest === undefined ? paths : paths.filter((path) => isAt(path, rest));
  };
}

function isAt(path: string, rest: string): boolean {
  return `.${dotted(path)}.`.includes(`.${dotted(rest)}.`);
}

/** Elements of lists are `[0]` in some dialects' paths and `.0` in others'. */
function dotted(path: string): string {
  return path.replaceAll(/\[(\d+)\]/g, ".$1");
}

function pathsByPlace(
  request: WithExtras,
  members: readonly UnknownMember[],
): ReadonlyMap<string, readonly string[]> {
  const byExtras = new Map<object, string[]>();
  for (const { path, extras } of members) {
    if (extras === undefined) continue;
    const paths = byExtras.get(extras) ?? [];
    paths.push(path);
    byExtras.set(extras, paths);
  }
  const places = new Map<string, readonly string[]>();
  const see = <E extends object>(extras: E, place: string): E => {
    const paths = byExtras.get(extras);
    if (paths !== undefined) places.set(place, paths);
    return extras;
  };
  mapExtras(request, { map: see, opaque: see });
  return places;
}

/** Typed callers name extras themselves: reports name them as the contract does. */
function adjustTyped<T extends WithExtras>(
  request: T,
  { dialect, policy }: UnknownRule,
): Adjusted<T> {
  const named = (reported: readonly FieldReport[]) => nameMembers(request, reported);
  if (policy !== UnknownFields.REFUSE && policy !== UnknownFields.FORWARD)
    return { request, report: named };
  const foreign = foreignPaths(request, dialect);
  if (foreign.length === 0) return { request, report: named };
  if (policy === UnknownFields.REFUSE) throw refusal(foreign, unknownTo(dialect));
  const lost: string[] = [];
  const forwarded = forwarding(request, dialect, lost);
  const own = [
    ...foreign
      .filter((path) => !lost.includes(path))
      .map((path) => entry(path, FieldOutcome.FORWARDED, `sent as members of ${dialect}`)),
    ...lost.map((path) => entry(path, FieldOutcome.DROPPED, "not a JSON object")),
  ];
  return {
    request: forwarded,
    report: (reported) => [...own, ...nameMembers(forwarded, reported)],
  };
}

/** The paths of all extras that are another dialect's, down to their members. */
function foreignPaths(request: WithExtras, dialect: DialectName): readonly string[] {
  const paths: string[] = [];
  mapExtras(request, {
    map(extras, path) {
      for (const [name, text] of Object.entries(extras)) {
        if (name !== dialect)
          for (const one of pathsOf(`${path}["${name}"]`, text)) paths.push(one);
      }
      return extras;
    },
    opaque(extras, path) {
      if (extras.dialect !== dialect) paths.push(path);
      return extras;
    },
  });
  return paths;
}

/**
 * The request with all extras as the dialect's. `lost` gets the paths of texts that are no object.
 */
function forwarding<T extends WithExtras>(request: T, dialect: DialectName, lost: string[]): T {
  return mapExtras(request, {
    map: (extras, path) => mergeExtras(extras, dialect, (name) => lost.push(`${path}["${name}"]`)),
    opaque: (extras) => (extras.dialect === dialect ? extras : { ...extras, dialect }),
  });
}

function mergeExtras(
  extras: ExtrasMap,
  dialect: DialectName,
  lose: (name: string) => void,
): ExtrasMap {
  const foreign = Object.keys(extras).filter((name) => name !== dialect);
  if (foreign.length === 0) return extras;
  const body: Body = {};
  for (const name of [...foreign, dialect]) {
    const text = extras[name];
    if (text !== undefined && text !== "" && !mergeMembers(body, text)) lose(name);
  }
  return { [dialect]: writeJson(body) };
}

/**
 * A dialect drops another's options as a whole, `extras_json["openai-chat"]`; the report to callers
 * names each member, `extras_json["openai-chat"].top_a`. Other entries stay as they are.
 */
function nameMembers(
  { extrasJson }: WithExtras,
  report: readonly FieldReport[],
): readonly FieldReport[] {
  const wholes = new Map(
    Object.entries(extrasJson).map(([name, text]) => [`extras_json["${name}"]`, text]),
  );
  if (wholes.size === 0) return report;
  return report.flatMap((item) => {
    const text = item.outcome === FieldOutcome.DROPPED ? wholes.get(item.field) : undefined;
    return text === undefined
      ? [item]
      : pathsOf(item.field, text).map((field) => ({ ...item, field }));
  });
}

/** The paths of the members of extras; of the whole, where they are not an object with members. */
function pathsOf(path: string, text: string): readonly string[] {
  const members = membersOf(text) ?? [];
  return members.length === 0 ? [path] : members.map(([key]) => `${path}.${key}`);
}

/**
 * Refuses what refers to something that the target's vendor cannot have, such as an earlier
 * response. `dialect` undefined: it keeps nothing, whatever it speaks. Throws UNSUPPORTED, with
 * which another target may be tried.
 */
export function checkDemands(
  beside: BesideRequest | undefined,
  dialect: DialectName | undefined,
): void {
  const fields = (beside?.demands ?? [])
    .filter(({ dialects }) => dialect === undefined || !dialects.includes(dialect))
    .slice(0, MAX_FAULT_FIELDS)
    .map(({ path, message }) => ({ field: path, message }));
  if (fields.length > 0) throw unsupported(fields, (each) => each.map(sentence).join("; "));
}

function sentence({ field, message }: FieldFault): string {
  return `${field}: ${message}`;
}

function unknownTo(dialect: DialectName): string {
  return `is not known to the dialect ${dialect}`;
}

function refusal(unknown: readonly string[], message: string): GatewayError {
  const fields = unknown.slice(0, MAX_FAULT_FIELDS).map((field) => ({ field, message }));
  return unsupported(fields, (each) => {
    const names = each.map(({ field }) => field).join(", ");
    return `the model takes no unknown fields: ${names.slice(0, 2048)}; leave them out`;
  });
}

function unsupported(
  fields: readonly FieldFault[],
  print: (fields: readonly FieldFault[]) => string,
): GatewayError {
  const message = print(fields).slice(0, 4096);
  return new GatewayError({ reason: ErrorReason.UNSUPPORTED, message, fields });
}

function entry(field: string, outcome: FieldOutcome, note: string): FieldReport {
  return fieldEntry(field, outcome, note);
}
