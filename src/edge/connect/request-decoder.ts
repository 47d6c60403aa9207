import type { DescMessage, DescMethod, MessageShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { createMethodSerializationLookup } from "@connectrpc/connect/protocol";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { boundJson, type JsonError, parseJson } from "../../json/json.ts";
import { createMessageScan } from "./message-bounds.ts";
import type { RpcOptions } from "./rpc-options.ts";

/**
 * Decodes the request message of a method. Throws a ConnectError as connect's own handlers do, with
 * a GatewayError as its cause that says what is wrong with the request.
 */
export type RequestDecoder = (bytes: Uint8Array) => MessageShape<DescMessage>;

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
  const lookup = createMethodSerializationLookup(method, binaryOptions, jsonOptions, options);
  const serialization = lookup.getI(binary);
  const { typeName } = method.input;
  const scan = createMessageScan(method.input);

  function undecodable(reason: ErrorReason, why: string, error?: ConnectError): ConnectError {
    const message = `the request is no ${typeName}: ${why}`;
    const cause = new GatewayError({ reason, message }, { cause: error });
    const { rawMessage = message, code = Code.InvalidArgument } = error ?? {};
    return new ConnectError(rawMessage, code, undefined, undefined, cause);
  }
  function decodeBinary(bytes: Uint8Array): MessageShape<DescMessage> {
    const excess = bytes.length > boundedBytes ? scan(bytes) : undefined;
    if (excess !== undefined) throw undecodable(ErrorReason.INVALID_REQUEST, excess);
    try {
      return serialization.parse(bytes);
    } catch (reason) {
      const error = ConnectError.from(reason);
      throw undecodable(ErrorReason.INVALID_REQUEST, error.rawMessage, error);
    }
  }
  function decodeJson(bytes: Uint8Array): MessageShape<DescMessage> {
    const excess = boundJson(bytes, { maxValues: maxJsonValues });
    if (excess !== undefined) throw undecodable(ErrorReason.INVALID_JSON, printPlace(excess));
    try {
      return serialization.parse(bytes);
    } catch (reason) {
      const error = ConnectError.from(reason);
      const parsed = parseJson(bytes);
      if (parsed.ok) throw undecodable(ErrorReason.INVALID_REQUEST, error.rawMessage, error);
      throw undecodable(ErrorReason.INVALID_JSON, printPlace(parsed.error), error);
    }
  }
  return binary ? decodeBinary : decodeJson;
}

function printPlace({ message, line, column, offset }: JsonError): string {
  return `${message} at line ${line}, column ${column} (byte ${offset})`;
}
