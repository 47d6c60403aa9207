import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { CountTokensResponse } from "../../../gen/parlance/chat/v1/chat_service_pb.js";
import type { BesideRequest } from "../../core/beside-request.ts";
import type { ClientCodec, Decoded, Encoded, Facade } from "../../core/dialect.ts";
import { type Fault, invalidField, invalidFields, malformed } from "../../core/faults/fault.ts";
import { createReport, dropped, reportDeclined } from "../../core/fidelity/encode-report.ts";
import { parseBase64 } from "../../json/base64.ts";
import {
  intAt,
  isObject,
  type Json,
  type JsonObject,
  objectAt,
  parseJson,
  stringAt,
} from "../../json/json.ts";
import { type Body, isPresent, membersOf } from "../../json/members.ts";
import { writeJson } from "../../json/write.ts";
import { countClient, countCodec } from "../shared/json-codec.ts";
import { noteUnknown } from "../shared/notes/unknown-members.ts";
import { object, openRequest, outcome, problem } from "../shared/request-cursor.ts";
import { arranged } from "../turns/arrange-turns.ts";
import { decodeChat } from "./client/request.ts";
import { chatFidelity } from "./fidelity.ts";
import { turnRules } from "./turn-rules.ts";
import { modelTraits } from "./vendor/model-traits.ts";
import { addExtras, addPrompt } from "./vendor/request.ts";
import { type ConverseOptions, DIALECT, wireRequest } from "./wire.ts";

/** Members that bear on a prompt; the vendor refuses all others. */
const COUNTED = ["messages", "system", "toolConfig", "additionalModelRequestFields"] as const;

/**
 * Asks the vendor for the tokens of a prompt. It takes base models that can count, and no ARNs of
 * profiles. See
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html.
 */
export const countTokens = countCodec({
  encodeRequest: arranged(turnRules, encodeCountRequest),
  decodeResponse: decodeCountResponse,
});

function encodeCountRequest(chat: Chat, options: ConverseOptions): Decoded<Encoded> {
  const report = createReport(chatFidelity);
  const traits = modelTraits(options);
  const body: Body = {};
  const plan = addPrompt(body, chat, traits, report);
  if (Object.keys(plan.fields).length > 0) body.additionalModelRequestFields = plan.fields;
  addExtras(body, chat.extrasJson, report);
  reportDeclined(report, chat);
  if (report.fault !== undefined) return { ok: false, fault: report.fault };
  const converse: Body = {};
  for (const member of COUNTED) if (body[member] !== undefined) converse[member] = body[member];
  for (const [key] of membersOf(chat.extrasJson[DIALECT] ?? "") ?? [])
    if (converse[key] === undefined) dropped(report, `extras_json["${DIALECT}"].${key}`, UNCOUNTED);
  const request = wireRequest(options.model, "count-tokens", writeJson({ input: { converse } }));
  return { ok: true, value: { request, report: report.entries } };
}

const UNCOUNTED = "the vendor counts prompts without it";

function decodeCountResponse(json: Json): Decoded<number> {
  const count = isObject(json) ? intAt(json, "inputTokens") : undefined;
  if (count === undefined || count < 0) {
    return { ok: false, fault: malformed("the vendor's answer tells no inputTokens") };
  }
  return { ok: true, value: count };
}

const KNOWN: ReadonlySet<string> = new Set(["model", "input"]);
const INPUTS: ReadonlySet<string> = new Set(["converse", "invokeModel"]);

/**
 * A client asks for the tokens of a prompt, which stands in a body of Converse or in one of
 * InvokeModel for Claude. `messages`: the facade that reads the latter. See
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html.
 */
export function createCountFacade(messages: Facade): ClientCodec<Chat, CountTokensResponse> {
  return countClient({
    decodeRequest(json, body) {
      const input = objectAt(json, "input") ?? {};
      if (isPresent(input.converse)) return decodeConverse(json, body);
      const invoke = objectAt(input, "invokeModel");
      return invoke === undefined
        ? { ok: false, fault: invalidField("input", "must hold converse or invokeModel") }
        : decodeInvoke(invoke, json, messages);
    },
    encodeResponse: (inputTokens) => JSON.stringify({ inputTokens }),
  });
}

function decodeConverse(json: JsonObject, body: Uint8Array): Decoded<Chat> {
  const cursor = openRequest(json, body);
  const input = object(cursor, "input");
  const converse = input && object(input, "converse");
  if (input === undefined || converse === undefined)
    return { ok: false, fault: invalidField("input.converse", "must be an object") };
  if (isPresent(input.json.invokeModel))
    problem(input, "invokeModel", "must not stand beside converse");
  const chat = decodeChat(converse, stringAt(json, "model") ?? "");
  noteUnknown(input, INPUTS);
  noteUnknown(cursor, KNOWN);
  return outcome(cursor, chat);
}

const BODY = "input.invokeModel.body";

function decodeInvoke(invoke: JsonObject, json: JsonObject, messages: Facade): Decoded<Chat> {
  const bytes = parseBase64(stringAt(invoke, "body") ?? "");
  const parsed = bytes === undefined ? undefined : parseJson(bytes);
  if (bytes === undefined || parsed?.ok !== true || !isObject(parsed.value))
    return { ok: false, fault: invalidField(BODY, "must be a JSON object in base64") };
  if (!isPresent(parsed.value.messages))
    return { ok: false, fault: invalidField(BODY, NOT_CLAUDE) };
  const { anthropic_version: _, anthropic_beta: __, ...prompt } = parsed.value;
  const request = { ...prompt, model: stringAt(json, "model") ?? "" };
  const decoded = messages.codecs.count_tokens?.decodeRequest({ json: request, bytes });
  if (decoded === undefined) throw new Error(`${messages.name} counts no tokens`);
  if (!decoded.ok) return { ok: false, fault: within(decoded.fault) };
  const { value, beside } = decoded;
  const chat = { ok: true, value: value.message } as const;
  return beside === undefined ? chat : { ...chat, beside: besideWithin(beside) };
}

const NOT_CLAUDE = "must be a body of Claude: count the prompts of other models as converse";

/** Fields are named by where they stand in the whole request. */
function within(fault: Fault): Fault {
  const fields = fault.fields?.map((one) => ({ ...one, field: `${BODY}.${one.field}` })) ?? [];
  return fields.length === 0 ? fault : { ...fault, ...invalidFields(fields) };
}

function besideWithin({ dialect, members, demands }: BesideRequest): BesideRequest {
  return {
    dialect,
    members: members.map((one) => ({ ...one, path: `${BODY}.${one.path}` })),
    demands: demands.map((one) => ({ ...one, path: `${BODY}.${one.path}` })),
  };
}
