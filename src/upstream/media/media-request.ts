import { type IncomingMessage, request as plainRequest, type RequestOptions } from "node:http";
import { request as tlsRequest } from "node:https";
import { isIPv6 } from "node:net";
import type { MediaAddress } from "./media-address.ts";

/** What came of one request: content, another address, or why not, to go on after "the address". */
export type MediaAnswer =
  | {
      readonly kind: "content";
      readonly data: Uint8Array<ArrayBuffer>;
      readonly contentType: string;
    }
  | { readonly kind: "redirect"; readonly location: string }
  | { readonly kind: "refused"; readonly why: string };

/**
 * Requests a file, once, at the very address that was checked. Sends no credential, no cookie and
 * nothing of the call. The request is aborted as soon as the body is larger than `maxBytes`; what
 * is compressed is refused, for its size is not known. Aborting ends it at once and rejects with
 * the signal's reason.
 */
export function requestMedia(
  { url, ip }: MediaAddress,
  maxBytes: number,
  accept: string,
  signal: AbortSignal,
): Promise<MediaAnswer> {
  return new Promise((resolve, reject) => {
    const options: RequestOptions = {
      method: "GET",
      agent: false,
      signal,
      headers: { accept, "accept-encoding": "identity", "user-agent": "parlance" },
      lookup: (_host, { all }, found) => {
        const family = isIPv6(ip) ? 6 : 4;
        if (all === true) found(null, [{ address: ip, family }]);
        else found(null, ip, family);
      },
    };
    const sent = url.protocol === "https:" ? tlsRequest(url, options) : plainRequest(url, options);
    const failed = (error: Error): void => {
      if (signal.aborted) reject(signal.reason);
      else resolve({ kind: "refused", why: `cannot be read: ${codeOf(error)}` });
    };
    sent.on("error", failed);
    sent.on("response", (response) => {
      response.on("error", failed);
      const refusal = refusalOf(response, maxBytes);
      if (refusal === undefined) readBody(response, maxBytes, resolve);
      else {
        resolve(refusal);
        sent.destroy();
      }
    });
    sent.end();
  });
}

function refusalOf(
  { statusCode = 0, headers }: IncomingMessage,
  maxBytes: number,
): MediaAnswer | undefined {
  if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined) {
    return { kind: "redirect", location: headers.location };
  }
  if (statusCode !== 200) return { kind: "refused", why: `answered with status ${statusCode}` };
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding.toLowerCase() !== "identity") {
    return {
      kind: "refused",
      why: `answered with ${encoding} although the request forbids compression`,
    };
  }
  return Number(headers["content-length"] ?? 0) > maxBytes ? tooLarge(maxBytes) : undefined;
}

function readBody(
  response: IncomingMessage,
  maxBytes: number,
  resolve: (answer: MediaAnswer) => void,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  response.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk);
    else {
      resolve(tooLarge(maxBytes));
      response.destroy();
    }
  });
  response.on("end", () => {
    const data = new Uint8Array(size);
    let at = 0;
    for (const chunk of chunks) {
      data.set(chunk, at);
      at += chunk.length;
    }
    if (size === 0) resolve({ kind: "refused", why: "answered with nothing" });
    else resolve({ kind: "content", data, contentType: response.headers["content-type"] ?? "" });
  });
}

function tooLarge(maxBytes: number): MediaAnswer {
  return {
    kind: "refused",
    why: `holds more than ${maxBytes} bytes; send a smaller file or raise media_fetch.max_bytes`,
  };
}

function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : "the connection broke";
}
