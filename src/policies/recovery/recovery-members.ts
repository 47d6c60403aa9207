import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { CallerFallback, CallerRecovery, ModelLists } from "../../core/call.ts";
import { invalidField } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { JsonEdits } from "../../json/edit.ts";
import { isObject, type Json, type JsonObject } from "../../json/json.ts";
import { sliceJson, sliceMembers } from "../../json/slice.ts";
import { alterBody, type EditableRequest } from "./alter-body.ts";

/** A body that may say what is done when its call fails. */
export interface RecoveryBody {
  readonly json: JsonObject;
  readonly bytes: Uint8Array;
  readonly request: EditableRequest;
  /** The members of an object by which it chooses upstreams or credentials, as paths. */
  readonly choices: (json: JsonObject) => readonly string[];
}

/**
 * The members of a body that are for the gateway, in LiteLLM's words
 * (https://docs.litellm.ai/docs/proxy/reliability). Empty where there are none, as in nearly all.
 */
export function recoveryMembers(json: JsonObject): readonly string[] {
  let found: string[] | undefined;
  for (const member of members) {
    if (!Object.hasOwn(json, member)) continue;
    if (member === "guardrails" && !areTexts(json.guardrails)) continue;
    found ??= [];
    found.push(member);
  }
  return found ?? none;
}

const none: readonly string[] = [];

const MADE_UP =
  "answers are not made up for a request: call a model with a target of kind sim, which has them";

const members = [
  "fallbacks",
  "context_window_fallbacks",
  "content_policy_fallbacks",
  "context_window_fallback_dict",
  "disable_fallbacks",
  "num_retries",
  "max_retries",
  "mock_testing_fallbacks",
  "mock_testing_context_fallbacks",
  "mock_testing_content_policy_fallbacks",
  "mock_testing_rate_limit_error",
  "mock_timeout",
  "mock_response",
  "mock_tool_calls",
  "mock_delay",
  "guardrails",
] as const;

/** Those that nothing here can stand for, with what to do. */
const refused: Readonly<Record<string, string>> = {
  mock_response: MADE_UP,
  mock_tool_calls: MADE_UP,
  mock_delay: MADE_UP,
};

/** Names of guardrails; lists of other things are a vendor's own. */
function areTexts(value: Json | undefined): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === "string");
}

/** What the members say. Throws INVALID_REQUEST, which names the member and what to write. */
export function readRecovery(body: RecoveryBody, model: string): CallerRecovery {
  const { json } = body;
  refuseOthers(json);
  const fallbacks = readFallbacks(body, model);
  const contextFallbacks =
    readLists(json, "context_window_fallbacks") ?? readDict(json, "context_window_fallback_dict");
  const contentFallbacks = readLists(json, "content_policy_fallbacks");
  const disabled = readFlag(json, "disable_fallbacks");
  const retries = readRetries(json, "num_retries") ?? readRetries(json, "max_retries");
  const pretended = readPretended(json);
  return {
    ...(fallbacks !== undefined && { fallbacks }),
    ...(contextFallbacks !== undefined && { contextFallbacks }),
    ...(contentFallbacks !== undefined && { contentFallbacks }),
    ...(disabled !== undefined && { disabled }),
    ...(retries !== undefined && { retries }),
    ...(pretended !== undefined && { pretended }),
  };
}

function refuseOthers(json: JsonObject): void {
  for (const [member, message] of Object.entries(refused))
    if ((json[member] ?? null) !== null) throw invalid(member, message);
}

/** The guards that a body names, in LiteLLM's word for them; undefined: it names none. */
export function readGuards({ guardrails }: JsonObject): readonly string[] | undefined {
  if (!areTexts(guardrails) || !Array.isArray(guardrails)) return undefined;
  const names = guardrails.filter((name) => typeof name === "string");
  return names.length === 0 ? undefined : names;
}

/** As many models as a caller may name in one list. */
const maxModels = 32;

/** As long as the name of a model may be. */
const maxNameLength = 512;

function readFallbacks(body: RecoveryBody, model: string): readonly CallerFallback[] | undefined {
  const list = body.json.fallbacks ?? null;
  if (list === null) return undefined;
  return readArray(list, "fallbacks").flatMap((element, at) => {
    const path = `fallbacks[${at}]`;
    if (typeof element === "string") return { model: readName(element, path) };
    if (!isObject(element)) throw invalid(path, NAME_OR_OBJECT);
    if (Object.hasOwn(element, "model")) return readObject(body, element, at);
    return namesFor(readMap(element, path), model).map((name) => ({ model: name }));
  });
}

const NAME_OR_OBJECT =
  "write the name of a model, or an object with `model` and what this model gets in place of what the body says";

/** A model with members of the body for it alone. */
function readObject(body: RecoveryBody, element: JsonObject, at: number): CallerFallback {
  const path = `fallbacks[${at}]`;
  const model = readName(element.model ?? null, `${path}.model`);
  const edits: Record<string, Uint8Array> = {};
  const source = sliceJson(body.bytes, ["fallbacks", at]);
  for (const [member, text] of sliceMembers(source ?? EMPTY)) {
    if (member === "model") continue;
    const why = unfit.get(member);
    if (why !== undefined) throw invalid(`${path}.${member}`, why);
    if (member === "messages" && !Array.isArray(element.messages))
      throw invalid(`${path}.messages`, "must be a list of messages");
    edits[member] = text;
  }
  const [choice] = body.choices(element);
  if (choice !== undefined) throw choosing(`${path}.${choice}`);
  const changes: JsonEdits = edits;
  if (Object.keys(edits).length === 0) return { model };
  return { model, alter: alterBody(body.request, changes) };
}

const EMPTY = new Uint8Array();

const OTHER_FORM = "cannot differ: all models of a call answer in the form that it asks for";
const OWN = "cannot stand here: say it of the whole call";

/** Members that cannot be for one model alone, with the reason. */
const unfit: ReadonlyMap<string, string> = new Map([
  ["stream", OTHER_FORM],
  ["stream_options", OTHER_FORM],
  ...members.map((member) => [member, OWN] as const),
]);

/** Lists by the name of the model that failed; a plain list is for every model. */
function readLists(json: JsonObject, member: string): ModelLists | undefined {
  const value = json[member] ?? null;
  if (value === null) return undefined;
  const elements = readArray(value, member);
  if (elements.length > 0 && elements.every((element) => typeof element === "string"))
    return new Map([["*", readNames(elements, member)]]);
  const lists = new Map<string, readonly string[]>();
  for (const [at, element] of elements.entries()) {
    if (!isObject(element)) throw invalid(`${member}[${at}]`, LISTS);
    for (const [name, names] of readMap(element, `${member}[${at}]`)) lists.set(name, names);
  }
  return lists;
}

const LISTS = 'write names of models, or objects such as {"the model that fails": ["another"]}';

function readMap(json: JsonObject, path: string): ModelLists {
  const entries = Object.entries(json).map(([name, names]) => {
    if (!Array.isArray(names))
      throw invalid(`${path}.${name}`, "must be a list of names of models");
    return [name, readNames(names, `${path}.${name}`)] as const;
  });
  if (entries.length === 0) throw invalid(path, NAME_OR_OBJECT);
  return new Map(entries);
}

/** LiteLLM's table of one larger model for each. */
function readDict(json: JsonObject, member: string): ModelLists | undefined {
  const value = json[member] ?? null;
  if (value === null) return undefined;
  if (!isObject(value)) throw invalid(member, "must be an object of names of models");
  return new Map(
    Object.entries(value).map(([name, larger]) => [
      name,
      [readName(larger ?? null, `${member}.${name}`)],
    ]),
  );
}

/** The list of a model; that of `*` where it has none. */
export function namesFor(lists: ModelLists, model: string): readonly string[] {
  return lists.get(model) ?? lists.get("*") ?? [];
}

function readArray(value: Json, path: string): readonly Json[] {
  if (!Array.isArray(value)) throw invalid(path, `must be a list; ${NAME_OR_OBJECT}`);
  if (value.length > maxModels) throw invalid(path, `may name ${maxModels} models at most`);
  return value;
}

function readNames(elements: readonly Json[], path: string): readonly string[] {
  return readArray(elements, path).map((name, at) => readName(name, `${path}[${at}]`));
}

function readName(name: Json, path: string): string {
  if (typeof name === "string" && name !== "" && name.length <= maxNameLength) return name;
  throw invalid(path, "write the name of a model");
}

function readFlag(json: JsonObject, member: string): boolean | undefined {
  const value = json[member] ?? null;
  if (value === null) return undefined;
  if (typeof value !== "boolean") throw invalid(member, "must be true or false");
  return value;
}

/** Tries after the first that a caller may ask for. */
const maxRetries = 19;

function readRetries(json: JsonObject, member: string): number | undefined {
  const value = json[member] ?? null;
  if (value === null) return undefined;
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= maxRetries)
    return value;
  throw invalid(member, `must be a whole number from 0 to ${maxRetries}`);
}

function readPretended(json: JsonObject): ErrorReason | undefined {
  let found: ErrorReason | undefined;
  for (const [member, reason] of pretences) if (readFlag(json, member) === true) found ??= reason;
  return found;
}

const pretences = [
  ["mock_testing_fallbacks", ErrorReason.UPSTREAM_INTERNAL],
  ["mock_testing_context_fallbacks", ErrorReason.UPSTREAM_CONTEXT_LENGTH],
  ["mock_testing_content_policy_fallbacks", ErrorReason.UPSTREAM_CONTENT_POLICY],
  ["mock_testing_rate_limit_error", ErrorReason.UPSTREAM_RATE_LIMITED],
  ["mock_timeout", ErrorReason.UPSTREAM_TIMEOUT],
] as const;

function invalid(field: string, message: string): GatewayError {
  return new GatewayError(invalidField(field, message));
}

function choosing(field: string): GatewayError {
  const message = "chooses models, upstreams or credentials, which are those of the config";
  return new GatewayError({
    reason: ErrorReason.PERMISSION_DENIED,
    message: `${field}: ${message}`,
    fields: [{ field, message }],
  });
}
