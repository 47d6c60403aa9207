import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { Dialect } from "../core/dialect.ts";
import type { Upstream, UpstreamRequest } from "./client.ts";
import type { RequestSigning } from "./request-signing.ts";
import type { UpstreamResponse } from "./response.ts";
import { UpstreamError } from "./upstream-error.ts";

/**
 * Sends signed requests. Where the vendor does not know the credentials, which its dialect tells from the reply, and others
 * may be had, the request is signed and sent once more.
 */
export function createSignedSend(
  upstream: Upstream,
  signing: RequestSigning,
  decodeError: Dialect["decodeError"],
): Upstream["request"] {
  const send = async (request: UpstreamRequest): Promise<UpstreamResponse> => {
    const { method, url, body = "", signal } = request;
    const headers = withoutSignature(request.headers);
    const signed = await untilAborted(signing.sign({ method, ...url, headers, body }), url.origin, signal);
    return upstream.request({ ...request, headers: [...headers, ...signed] });
  };
  return async (request) => {
    const response = await send(request);
    if (response.status !== 401 && response.status !== 403) return response;
    const bytes = await response.body.bytes();
    const { reason } = decodeError(response.status, response.headers, bytes);
    if (reason === ErrorReason.UPSTREAM_UNAUTHENTICATED && signing.renew()) return send(request);
    return { ...response, body: readBody(bytes) };
  };
}

const signatureNames: ReadonlySet<string> = new Set(["authorization", "x-amz-date", "x-amz-security-token"]);

/** Headers that the signature sets are its alone: a second one would make the request ambiguous. */
function withoutSignature(headers: readonly string[]): readonly string[] {
  return headers.filter((_, index) => !signatureNames.has(headers[index - (index % 2)] ?? ""));
}

/** Finding credentials may take as long as the services that are asked for them: a caller who leaves does not wait. */
function untilAborted<T>(work: Promise<T>, origin: string, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(new UpstreamError("aborted", `${origin}: the call was cancelled`, signal.reason));
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/** A body that has been read already. */
function readBody(bytes: Uint8Array): UpstreamResponse["body"] {
  return {
    bytes: () => Promise.resolve(bytes),
    async *chunks() {
      yield bytes;
    },
    cancel() {
      // There is no connection left to close.
    },
  };
}
