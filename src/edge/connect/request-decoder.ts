import {
  type DescMessage,
  type DescMethod,
  fromJsonString,
  type MessageShape,
} from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { createMethodSerializationLookup } from "@connectrpc/connect/protocol";
import { UnknownFields } from "../../../gen/parlance/config/v1/model_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { BesideRequest } from "../../core/beside-request.ts";
import { type FieldFault, invalidFields } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import {
  boundJson,
  isObject,
  type JsonError,
  type JsonObject,
  parseJson,
} from "../../json/json.ts";
import { readContractJson } from "./contract/contract-json.ts";
import { createMessageScan } from "./message-bounds.ts";
import type { RpcOptions } from "./rpc-options.ts";

/**
 * Decodes the request message of a method. Throws a ConnectError as connect's own handlers do, with
 * a GatewayError as its cause that says what is wrong with the request.
 */
export type RequestDecoder = (bytes: Uint8Array) => DecodedRequest;

/** A request, and what its JSON says beside it where its model takes unknown members. */
export interface DecodedRequest {
  readonly message: MessageShape<DescMessage>;
  readonly beside?: BesideRequest;
}

/** A message that is smaller can hold nothing that costs much. */
const boundedBytes = 64 * 1024;

/** Half of what other JSON may hold: messages are made of it, which costs as much again. */
const maxJsonValues = 4_000_000;

/** Makes the decoder of a method, for protobuf's binary format or for its JSON. */
export function createRequestDecoder(
  method: DescMethod,
  binary: boolean,
  options: RpcOptions,
): RequestDecoder {
  const { binaryOptions, jsonOptions } = options;
  const strictJson = { ...jsonOptions, ignoreUnknownFields: false };
  const lookup = createMethodSerializationLookup(method, binaryOptions, strictJson, options);
  const serialization = lookup.getI(binary);
  const { typeName } = method.input;
  const scan = createMessageScan(method.input);

  function undecodable(reason: ErrorReason, why: string, error?: ConnectError): ConnectError {
    const message = `the request is no ${typeName}: ${why}`;
    const cause = new GatewayError({ reason, message }, { cause: error });
    const { rawMessage = message, code = Code.InvalidArgument } = error ?? {};
    return new ConnectError(rawMessage, code, undefined, undefined, cause);
  }
  function decodeBinary(bytes: Uint8Array): DecodedRequest {
    const excess = bytes.length > boundedBytes ? scan(bytes) : undefined;
    if (excess !== undefined) throw undecodable(ErrorReason.INVALID_REQUEST, excess);
    try {
      return { message: serialization.parse(bytes) };
    } catch (reason) {
      const error = ConnectError.from(reason);
      throw undecodable(ErrorReason.INVALID_REQUEST, error.rawMessage, error);
    }
  }
  /** Reads what the strict reader refused as its caller may have meant it. */
  function readAgain(json: JsonObject): DecodedRequest {
    const { json: known, unknown, wrong } = readContractJson(method.input, json);
    if (wrong.length > 0) throw invalid(wrong);
    const message = fromJsonString(method.input, JSON.stringify(known), strictJson);
    if (unknown.length === 0) return { message };
    if (!takesUnknown(options.unknownFields?.(modelOf(known)))) throw invalid(unknown);
    const members = unknown.map(({ field }) => ({ path: field, extras: undefined }));
    return { message, beside: { dialect: "", members, demands: [] } };
  }
  function decodeJson(bytes: Uint8Array): DecodedRequest {
    const excess = boundJson(bytes, { maxValues: maxJsonValues });
    if (excess !== undefined) throw undecodable(ErrorReason.INVALID_JSON, printPlace(excess));
    try {
      return { message: serialization.parse(bytes) };
    } catch (reason) {
      const error = ConnectError.from(reason);
      const parsed = parseJson(bytes);
      if (!parsed.ok) throw undecodable(ErrorReason.INVALID_JSON, printPlace(parsed.error), error);
      if (!isObject(parsed.value))
        throw undecodable(ErrorReason.INVALID_REQUEST, error.rawMessage, error);
      return orUndecodable(parsed.value, error);
    }
  }
  function orUndecodable(json: JsonObject, error: ConnectError): DecodedRequest {
    try {
      return readAgain(json);
    } catch (reason) {
      if (reason instanceof ConnectError) throw reason;
      throw undecodable(ErrorReason.INVALID_REQUEST, error.rawMessage, error);
    }
  }
  return binary ? decodeBinary : decodeJson;
}

/** Members that are not known are refused unless the model's settings say otherwise. */
function takesUnknown(policy: UnknownFields | undefined): boolean {
  return policy === UnknownFields.DROP || policy === UnknownFields.FORWARD;
}

/** The model that a request names, in the message for its operation. */
function modelOf(json: JsonObject): string {
  for (const value of Object.values(json))
    if (isObject(value) && typeof value.model === "string") return value.model;
  return "";
}

function invalid(fields: readonly FieldFault[]): ConnectError {
  const cause = new GatewayError(invalidFields(fields));
  return new ConnectError(cause.message, Code.InvalidArgument, undefined, undefined, cause);
}

function printPlace({ message, line, column, offset }: JsonError): string {
  return `${message} at line ${line}, column ${column} (byte ${offset})`;
}
