import type { IncomingMessage } from "node:http";
import type { IncomingHttpHeaders } from "node:http2";
import { HttpError } from "./http-error.ts";

/**
 * What makes the head of an HTTP/1 request one that must not be answered as if nothing were wrong:
 * proxies and we could take it for different requests. node's parser lets these pass. RFC 9112
 * sections 2.3 and 3.2.
 */
export function checkH1Request(request: IncomingMessage): HttpError | undefined {
  const { httpVersionMajor, httpVersionMinor } = request;
  if (httpVersionMajor !== 1 || httpVersionMinor > 1) {
    const message =
      "The request names an HTTP version that this server does not speak here: use HTTP/1.1.";
    return new HttpError(505, "http_version_not_supported", message);
  }
  const hosts = countHosts(request.rawHeaders);
  if (hosts === 1) return undefined;
  if (hosts > 1)
    return new HttpError(400, "host_repeated", "The request has more than one Host header field.");
  if (httpVersionMinor === 0) return undefined;
  return new HttpError(
    400,
    "host_missing",
    "The request has no Host header field, which HTTP/1.1 demands.",
  );
}

/**
 * The same for HTTP/2, where node's parser lets only one thing pass: a Host that is not the
 * authority (RFC 9113 section 8.3.1).
 */
export function checkH2Request(headers: IncomingHttpHeaders): HttpError | undefined {
  const { host, ":authority": authority } = headers;
  if (host === undefined || authority === undefined || host === authority) return undefined;
  return new HttpError(
    400,
    "host_not_authority",
    "The request's Host header field is not its :authority.",
  );
}

function countHosts(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === "host") count += 1;
  }
  return count;
}
