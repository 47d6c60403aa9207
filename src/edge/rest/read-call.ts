import type { Message } from "@bufbuild/protobuf";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { CallRequest } from "../../core/call.ts";
import {
  type BytesBody,
  type ClientCodec,
  type ClientRequest,
  clientCodecOf,
  type Decoded,
  type Facade,
  type Origin,
  type RequestBody,
} from "../../core/dialect.ts";
import { invalidField } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { FormBody, FormField } from "../../core/form.ts";
import { type OperationName, operations, type RequestMessage } from "../../core/operation.ts";
import { editTopLevel } from "../../json/edit.ts";
import { asBuffer, isObject, type JsonObject, parseJson } from "../../json/json.ts";
import type { Waits } from "./members/litellm-members.ts";
import { type OwnMembers, takeOwnMembers } from "./members/own-members.ts";
import { readForm } from "./read-form.ts";
import type { PathMembers } from "./rest-route.ts";

/** The operation of a path, and the dialect of its clients. */
export interface CalledRoute {
  readonly operation: OperationName;
  readonly facade: Facade;
}

/** What a REST body asks for. */
export interface ReadCall {
  readonly model: string;
  readonly request: CallRequest;
  readonly origin: Origin;
  /** How long its caller waits. Undefined: the body does not say. */
  readonly waits: Waits | undefined;
}

/**
 * Reads as much of a body as the way of the call depends on: that it is a JSON object, its model
 * and whether it wants a stream. The rest is decoded when something needs it, which for a vendor of
 * the same dialect is never.
 */
export function readCall(
  route: CalledRoute,
  { bytes: sent, contentType }: BytesBody,
  members: PathMembers,
): ReadCall {
  const { facade } = route;
  const { requests } = codecFor(route);
  const form = requests === "form" ? readForm(contentType, sent) : [];
  const said = requests === undefined ? parseBody(sent) : textsOf(form);
  const own = requests === undefined ? takeOwnMembers(said, sent) : undefined;
  const unchanged: Unchanged = { json: said, body: sent };
  const { json: parsed, body: bytes, waits, tags, session, cache, strict } = own ?? unchanged;
  const json = members.model === undefined ? parsed : { ...parsed, ...members };
  const body = bodyOf(requests, { json, bytes, contentType, form });
  const called = { facade, operation: facade.operationOf?.(parsed) ?? route.operation };
  const codec = codecFor(called);
  const edit: CallRequest["edit"] =
    requests === undefined
      ? (edits) => {
          const edited = editTopLevel(bytes, edits) ?? bytes;
          const read = readCall(route, { bytes: edited, contentType: "" }, members);
          const labels = { tags, session, cache, strict };
          return { request: read.request, origin: { ...read.origin, ...labels } };
        }
      : undefined;
  const request = requestOf(called, codec, { json, body }, edit);
  const model = json.model ?? codec.defaultModel;
  // A fault of the body is reported before one of a model that the body does not name.
  if (json.model === undefined && model !== undefined) request.message();
  if (typeof model !== "string" || model === "") {
    request.message();
    throw new GatewayError(invalidField("model", "name a model as text"));
  }
  const wantsUsage = facade.wantsUsage?.(json) ?? true;
  const { name: dialect, parameters, boundPlaces, plainTexts } = facade;
  // All members, in one order: every origin has the same shape, which is read faster.
  const origin: Origin = {
    dialect,
    parameters,
    boundPlaces,
    plainTexts,
    body: bytes,
    json: parsed,
    wantsUsage,
    contentType: requests === undefined ? undefined : contentType,
    tags,
    session,
    cache,
    strict,
  };
  return { model, request, origin, waits };
}

/** A body that has no members for the gateway. */
type Unchanged = Pick<OwnMembers, "json" | "body"> & Partial<OwnMembers>;

/** What codecs are given, whatever their requests are. */
interface AllForms extends FormBody, BytesBody {
  readonly json: JsonObject;
}

function bodyOf(requests: AnyClientCodec["requests"], all: AllForms): RequestBody {
  const { json, form, bytes, contentType } = all;
  if (requests === "form") return { form };
  return requests === "bytes" ? { bytes, contentType } : { json, bytes };
}

/** The texts of a form by their names; of those with one name the last. Files are left out. */
function textsOf(form: readonly FormField[]): JsonObject {
  const texts = form.filter(({ fileName }) => fileName === undefined);
  return Object.fromEntries(
    texts.map(({ name, value }) => [name, asBuffer(value).toString("utf8")]),
  );
}

function parseBody(body: Uint8Array): JsonObject {
  if (body.length === 0) {
    throw new GatewayError({
      reason: ErrorReason.INVALID_JSON,
      message: "the request has no body: send a JSON object",
    });
  }
  const parsed = parseJson(body);
  if (!parsed.ok) {
    const { message, line, column, offset } = parsed.error;
    const where = `line ${line}, column ${column} (byte ${offset})`;
    throw new GatewayError({
      reason: ErrorReason.INVALID_JSON,
      message: `the body is not valid JSON: ${message} at ${where}`,
    });
  }
  if (!isObject(parsed.value)) {
    throw new GatewayError({
      reason: ErrorReason.INVALID_JSON,
      message: "the body is JSON but not an object: send {...}",
    });
  }
  return parsed.value;
}

/** A codec whose requests are what it says in `requests`. */
type AnyClientCodec = ClientCodec<RequestMessage, Message, unknown, RequestBody>;

/** The codec of a path. Its absence is a bug: routes name operations that their facades have. */
export function codecFor({ operation, facade }: CalledRoute): AnyClientCodec {
  const codec = clientCodecOf(facade, operations[operation]);
  if (codec === undefined) throw new Error(`the facade ${facade.name} has no ${operation}`);
  return codec;
}

function requestOf(
  { facade, operation: name }: CalledRoute,
  codec: AnyClientCodec,
  { json, body }: { readonly json: JsonObject; readonly body: RequestBody },
  edit: CallRequest["edit"],
): CallRequest {
  const operation = operations[name];
  const decoded = lazily(() => codec.decodeRequest(body));
  const stream = operation.stream !== undefined && streams(facade, json, decoded);
  const message = () => decoded().value.message;
  const beside = () => decoded().beside;
  const { partsOf: parts } = codec;
  return { operation, stream, message, beside, parts, edit };
}

/** Anything but a boolean is for the facade to judge. */
function streams(
  facade: Facade,
  json: JsonObject,
  decoded: () => Good<ClientRequest<RequestMessage>>,
): boolean {
  const { stream } = json;
  if (stream === undefined || stream === null) return facade.framing === "ndjson";
  return typeof stream === "boolean" ? stream : decoded().value.stream;
}

/** What was read. */
type Good<T> = Extract<Decoded<T>, { readonly ok: true }>;

function lazily<T>(decode: () => Decoded<T>): () => Good<T> {
  let decoded: Decoded<T> | undefined;
  return () => {
    decoded ??= decode();
    if (!decoded.ok) throw new GatewayError(decoded.fault);
    return decoded;
  };
}
