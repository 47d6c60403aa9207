import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Dialect } from "../../core/dialect.ts";
import type { UpstreamRequest, UpstreamSend } from "../client.ts";
import type { UpstreamResponse } from "../response.ts";
import { UpstreamError } from "../upstream-error.ts";
import type { RequestSigning, Signature } from "./request-signing.ts";
import type { SecretForms } from "./secret-forms.ts";

/** A reply, and what else its request showed the vendor. */
export interface SignedReply {
  readonly response: UpstreamResponse;
  readonly secrets: readonly SecretForms[];
}

/**
 * Sends signed requests. Where the vendor does not know what they were signed with (401, or a 403
 * that says so in the vendor's dialect) and something else may be had, the request is signed and
 * sent once more.
 */
export function createSignedSend(
  upstream: UpstreamSend,
  signing: RequestSigning,
  decodeError: Dialect["decodeError"],
): (request: UpstreamRequest) => Promise<SignedReply> {
  const send = async (
    request: UpstreamRequest,
  ): Promise<readonly [UpstreamResponse, Signature]> => {
    const { method, url, body = "", signal } = request;
    const headers = request.headers.filter(
      (_, at) => !signing.ownHeaders.has(request.headers[at - (at % 2)] ?? ""),
    );
    const signature = await untilAborted(signing.sign({ method, ...url, headers, body }), signal);
    return [
      await upstream.request({ ...request, headers: [...headers, ...signature.headers] }),
      signature,
    ];
  };
  return async (request) => {
    const [response, signature] = await send(request);
    const { secrets } = signature;
    if (response.status !== 401 && response.status !== 403) return { response, secrets };
    const bytes = await response.body.bytes();
    const refused =
      response.status === 401 || tellsOfCredentials(decodeError(403, response.headers, bytes));
    if (refused && signature.renew()) {
      const [second, renewed] = await send(request);
      return { response: second, secrets: [...secrets, ...renewed.secrets] };
    }
    return { response: { ...response, body: readBody(bytes) }, secrets };
  };
}

function tellsOfCredentials({ reason }: ReturnType<Dialect["decodeError"]>): boolean {
  return reason === ErrorReason.UPSTREAM_UNAUTHENTICATED;
}

/**
 * Finding credentials may take as long as the services that issue them: a caller who leaves does
 * not wait.
 */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const onAbort = () =>
      reject(new UpstreamError("aborted", "the call was cancelled", { cause: signal.reason }));
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
    progressed() {
      // It has come whole.
    },
    cancel() {
      // There is no connection left to close.
    },
  };
}
