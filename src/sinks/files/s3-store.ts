import { createHash } from "node:crypto";
import type { S3Settings } from "../../config/sink-settings.ts";
import { createSigV4Signer } from "../../upstream/credentials/credential-sigv4.ts";
import { createAwsCredentials } from "../../upstream/credentials/credential-sigv4-chain.ts";
import { request } from "../places/post.ts";
import type { FileStore } from "./files-place.ts";

/**
 * Puts objects into a bucket: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
 * Whatever it answers may be mended there: no refusal is for good.
 */
export function s3Store(settings: S3Settings, wallMs: () => number): FileStore {
  const { region, url, prefix } = settings;
  const { origin, pathname } = new URL(url);
  const base = pathname.replace(/\/$/, "");
  const credentials = createAwsCredentials({ region, ...known(settings) }, wallMs);
  const signer = createSigV4Signer({ region, service: "s3" }, () => new Date(wallMs()));
  return {
    async put(name, body, signal) {
      const identity = await credentials.get().catch(() => undefined);
      if (identity === undefined) return { why: "no AWS credentials were found", again: true };
      const path = `${base}/${encodeKey(prefix + name)}`;
      const headers = {
        "content-type": "application/octet-stream",
        "x-amz-content-sha256": createHash("sha256").update(body).digest("hex"),
      };
      const flat = Object.entries(headers).flat();
      const signed = await signer({ method: "PUT", origin, path, headers: flat, body }, identity);
      const all = { ...headers, ...unflat(signed) };
      const failure = await request("PUT", origin + path, all, body, signal);
      if (failure === undefined) return undefined;
      // Temporary credentials may have been withdrawn.
      if (/ 40[03]$/.test(failure.why)) credentials.forget(identity);
      return { ...failure, again: true };
    },
  };
}

function known(settings: S3Settings) {
  const { accessKeyId, secretAccessKey, sessionToken, roleArn } = settings;
  return {
    ...(accessKeyId && { accessKeyId: accessKeyId.reveal() }),
    ...(secretAccessKey && { secretAccessKey: secretAccessKey.reveal() }),
    ...(sessionToken && { sessionToken: sessionToken.reveal() }),
    ...(roleArn === "" ? undefined : { roleArn }),
  };
}

/** All but unreserved characters and slashes, as the signature has it (RFC 3986). */
function encodeKey(key: string): string {
  return key
    .split("/")
    .map((part) =>
      encodeURIComponent(part).replace(
        /[!'()*]/g,
        (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
      ),
    )
    .join("/");
}

function unflat(headers: readonly string[]): Record<string, string> {
  const named: Record<string, string> = {};
  for (let at = 0; at + 1 < headers.length; at += 2)
    named[headers[at] ?? ""] = headers[at + 1] ?? "";
  return named;
}
