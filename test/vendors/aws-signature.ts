import { createHash, createHmac } from "node:crypto";
import type { RecordedRequest } from "./start-vendor-server.ts";

/** Where and for what service requests are signed. */
export interface SignatureScope {
  readonly region: string;
  readonly service: string;
}

/**
 * The Authorization header that AWS would compute from a request as it arrived, with the headers
 * that the request itself names as signed. The path is encoded once more, but for S3. See
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html.
 */
export function signatureOf(
  request: Pick<RecordedRequest, "headers" | "method" | "path" | "rawBody">,
  { region, service }: SignatureScope,
  keyId: string,
  secret: string,
): string {
  const { headers, method, path, rawBody } = request;
  const at = String(headers["x-amz-date"]);
  const names = /SignedHeaders=([^,]*)/.exec(headers.authorization ?? "")?.[1] ?? "";
  for (const needed of ["host", "x-amz-date"]) {
    if (!names.split(";").includes(needed)) throw new Error(`the header ${needed} is not signed`);
  }
  const url = new URL(path, "http://vendor.invalid");
  const canonical = [
    method,
    service === "s3" ? url.pathname : url.pathname.split("/").map(encode).join("/"),
    [...url.searchParams]
      .map(([name, value]) => `${encode(name)}=${encode(value)}`)
      .sort()
      .join("&"),
    ...names
      .split(";")
      .map((name) => `${name}:${String(headers[name]).trim().replace(/ +/g, " ")}`),
    "",
    names,
    sha256(rawBody),
  ].join("\n");
  const scope = `${at.slice(0, 8)}/${region}/${service}/aws4_request`;
  const key = scope
    .split("/")
    .reduce<string | Buffer>((chain, part) => hmac(chain, part), `AWS4${secret}`);
  const signature = hmac(
    key,
    ["AWS4-HMAC-SHA256", at, scope, sha256(canonical)].join("\n"),
  ).toString("hex");
  return `AWS4-HMAC-SHA256 Credential=${keyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
}

/** RFC 3986: everything but unreserved characters. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(data: string | Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac("sha256", key).update(data).digest();
}
