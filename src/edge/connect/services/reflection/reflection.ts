import type { DescFile } from "@bufbuild/protobuf";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import {
  file_grpc_reflection_v1_reflection as fileV1,
  ServerReflection as ServerReflectionV1,
} from "../../../../../gen/grpc/reflection/v1/reflection_pb.js";
import {
  file_grpc_reflection_v1alpha_reflection as fileV1Alpha,
  ServerReflection as ServerReflectionV1Alpha,
} from "../../../../../gen/grpc/reflection/v1alpha/reflection_pb.js";
import { keylessOptions } from "../keyless-options.ts";
import { createDescriptorIndex, type DescriptorIndex } from "./descriptor-index.ts";

/**
 * Registers server reflection, v1 and v1alpha, over the services of `files` and over itself, so
 * that grpcurl and `buf curl` need no schema.
 * https://github.com/grpc/grpc/blob/master/doc/server-reflection.md
 */
export function registerReflection(router: ConnectRouter, files: readonly DescFile[]): void {
  let made: DescriptorIndex | undefined;
  // Made for the first request: it takes milliseconds, and most gateways get none.
  const index = () => {
    made ??= createDescriptorIndex([...files, fileV1, fileV1Alpha]);
    return made;
  };
  const running = { count: 0 };
  router.service(
    ServerReflectionV1,
    {
      async *serverReflectionInfo(requests) {
        for await (const request of limited(running, requests)) {
          yield {
            validHost: request.host,
            originalRequest: request,
            messageResponse: answer(index(), request.messageRequest),
          };
        }
      },
    },
    keylessOptions,
  );
  router.service(
    ServerReflectionV1Alpha,
    {
      async *serverReflectionInfo(requests) {
        for await (const request of limited(running, requests)) {
          yield {
            validHost: request.host,
            originalRequest: request,
            messageResponse: answer(index(), request.messageRequest),
          };
        }
      },
    },
    keylessOptions,
  );
}

/**
 * Streams at a time. They are for people with a tool, and for everybody: a client that does not
 * read its replies leaves up to a window of HTTP/2 of its requests unread, 1 MiB a stream.
 */
const maxStreams = 64;

/** The requests of a stream, unless too many streams run. */
async function* limited<T>(
  running: { count: number },
  requests: AsyncIterable<T>,
): AsyncGenerator<T> {
  if (running.count >= maxStreams) {
    const message = `more than ${maxStreams} streams of server reflection are open: try again later`;
    throw new ConnectError(message, Code.Unavailable, { "retry-after": "1" });
  }
  running.count += 1;
  try {
    yield* requests;
  } catch (error) {
    throw undecodable(error);
  } finally {
    running.count -= 1;
  }
}

/**
 * Connect says INTERNAL of a request that it cannot decode, as if the fault were the server's. What
 * it repeats of the request may be half a surrogate pair, which cannot be percent-encoded.
 */
function undecodable(error: unknown): unknown {
  if (!(error instanceof ConnectError)) return error;
  const code = error.code === Code.Internal ? Code.InvalidArgument : error.code;
  return new ConnectError(error.rawMessage.toWellFormed(), code, error.metadata, undefined, error);
}

/**
 * The question of a request, and its answer, without message types: v1alpha has the same as v1,
 * field for field.
 */
type Question =
  | {
      case:
        | "listServices"
        | "fileByFilename"
        | "fileContainingSymbol"
        | "allExtensionNumbersOfType";
      value: string;
    }
  | { case: "fileContainingExtension"; value: { containingType: string; extensionNumber: number } }
  | { case: undefined };
type Answer =
  | { case: "listServicesResponse"; value: { service: { name: string }[] } }
  | { case: "fileDescriptorResponse"; value: { fileDescriptorProto: Uint8Array[] } }
  | {
      case: "allExtensionNumbersResponse";
      value: { baseTypeName: string; extensionNumber: number[] };
    }
  | { case: "errorResponse"; value: { errorCode: number; errorMessage: string } };

function answer(index: DescriptorIndex, question: Question): Answer {
  switch (question.case) {
    case "listServices":
      return {
        case: "listServicesResponse",
        value: { service: index.services.map((name) => ({ name })) },
      };
    case "fileByFilename":
      return files(index.fileByName(question.value), `file ${question.value}`);
    case "fileContainingSymbol":
      return files(index.fileBySymbol(question.value), `symbol ${question.value}`);
    case "fileContainingExtension": {
      const { containingType, extensionNumber } = question.value;
      const found = index.fileByExtension(containingType, extensionNumber);
      return files(found, `extension ${extensionNumber} of ${containingType}`);
    }
    case "allExtensionNumbersOfType": {
      const extensionNumber = index.extensionNumbers(question.value);
      if (extensionNumber === undefined)
        return failure(Code.NotFound, `type ${question.value} is not known`);
      return {
        case: "allExtensionNumbersResponse",
        value: { baseTypeName: question.value, extensionNumber },
      };
    }
    case undefined:
      return failure(
        Code.InvalidArgument,
        "the request asks nothing: set one field of message_request",
      );
  }
}

function files(found: Uint8Array[] | undefined, what: string): Answer {
  if (found === undefined) return failure(Code.NotFound, `${what} is not known`);
  return { case: "fileDescriptorResponse", value: { fileDescriptorProto: found } };
}

function failure(code: Code, message: string): Answer {
  return { case: "errorResponse", value: { errorCode: code, errorMessage: message } };
}
