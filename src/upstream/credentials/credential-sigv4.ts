import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import type { SignatureV4 } from "@smithy/signature-v4";

/** What signs a request for AWS. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** For temporary credentials. */
  readonly sessionToken?: string;
}

/** A request as it will be on the wire. */
export interface SignableRequest {
  readonly method: string;
  /** Scheme, host and port. */
  readonly origin: string;
  /** Begins with "/", carries the query, and is percent-encoded as it will be sent. */
  readonly path: string;
  /**
   * Flat name, value, name, value; lower case. Those of content-type, `x-amz-*` and host are
   * signed.
   */
  readonly headers: readonly string[];
  readonly body: Uint8Array | string;
}

/** Where and for what service requests are signed. */
export interface SigningScope {
  /** Such as `us-east-1`. */
  readonly region: string;
  /** Such as `bedrock`. */
  readonly service: string;
}

/**
 * Gives the headers that sign a request, flat: authorization, x-amz-date, and the session token
 * where there is one.
 */
export type AwsSigner = (
  request: SignableRequest,
  credentials: AwsCredentials,
) => Promise<readonly string[]>;

/**
 * Signs with AWS Signature Version 4: the path is encoded once more for the signature, but for S3,
 * whose requests need the header `x-amz-content-sha256`, and only headers are signed that nothing
 * on the way changes. The signing library is loaded with the first request. See
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html.
 */
export function createSigV4Signer(scope: SigningScope, now: () => Date): AwsSigner {
  let loading: Promise<typeof import("@smithy/signature-v4")> | undefined;
  let last: { readonly credentials: AwsCredentials; readonly signer: SignatureV4 } | undefined;
  return async (request, credentials) => {
    loading ??= import("@smithy/signature-v4");
    const library = await loading;
    if (last?.credentials !== credentials) {
      const signer = new library.SignatureV4({
        ...scope,
        credentials,
        sha256: NodeSha256,
        applyChecksum: false,
        uriEscapePath: scope.service !== "s3",
      });
      last = { credentials, signer };
    }
    const signed = await last.signer.sign(toHttpRequest(request), { signingDate: now() });
    return Object.entries(signed.headers).flatMap(([name, value]) =>
      isAdded(name) ? [name, value] : [],
    );
  };
}

type HttpRequest = Parameters<SignatureV4["sign"]>[0];

function toHttpRequest({ method, origin, path, headers, body }: SignableRequest): HttpRequest {
  const url = new URL(origin);
  const mark = path.indexOf("?");
  const signed: Record<string, string> = { host: url.host };
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at] ?? "";
    if (isSigned(name)) signed[name] = headers[at + 1] ?? "";
  }
  return {
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    path: mark === -1 ? path : path.slice(0, mark),
    query: mark === -1 ? {} : queryOf(path.slice(mark + 1)),
    headers: signed,
    body,
  };
}

function queryOf(text: string): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {};
  for (const [key, value] of new URLSearchParams(text.replaceAll("+", "%2B"))) {
    const present = query[key];
    query[key] =
      present === undefined ? value : [...(Array.isArray(present) ? present : [present]), value];
  }
  return query;
}

function isSigned(name: string): boolean {
  return name === "content-type" || name === "host" || name.startsWith("x-amz-");
}

function isAdded(name: string): boolean {
  return name === "authorization" || name === "x-amz-date" || name === "x-amz-security-token";
}

/**
 * SHA-256 and its keyed form on Node's own crypto, in the shape that the signing library asks for.
 */
class NodeSha256 {
  readonly #secret: string | Uint8Array | undefined;
  #hash: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#secret = secret === undefined ? undefined : bytesOf(secret);
    this.#hash = this.#begin();
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {
    this.#hash = this.#begin();
  }

  #begin(): Hash | Hmac {
    return this.#secret === undefined ? createHash("sha256") : createHmac("sha256", this.#secret);
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof data === "string") return data;
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
