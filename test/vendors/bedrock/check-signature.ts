import { createHash } from "node:crypto";
import { type SignatureScope, signatureOf } from "../aws-signature.ts";
import type { RecordedRequest } from "../start-vendor-server.ts";
import type { BedrockError } from "./error-reply.ts";

/** The credentials that are accepted, and where they are. */
export interface BedrockCredentials extends SignatureScope {
  readonly keyId: string;
  readonly secret: string;
}

/**
 * How far the clock of a request may be from ours:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html.
 */
const skewMs = 5 * 60_000;

/** What is wrong with a request's signature; undefined for nothing. */
export function checkSignature(
  request: RecordedRequest,
  credentials: BedrockCredentials,
): BedrockError | undefined {
  const { headers, rawBody } = request;
  const given = headers.authorization ?? "";
  if (given === "")
    return refusal("MissingAuthenticationTokenException", "Missing Authentication Token");
  const keyId = /Credential=([^/]*)/.exec(given)?.[1];
  if (keyId !== credentials.keyId) {
    return refusal(
      "UnrecognizedClientException",
      "The security token included in the request is invalid.",
    );
  }
  const signedAt = String(headers["x-amz-date"] ?? "");
  const time = Date.parse(signedAt.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  if (!(Math.abs(Date.now() - time) <= skewMs)) {
    return refusal(
      "InvalidSignatureException",
      `Signature expired: ${signedAt} is too far from the present`,
    );
  }
  const bodyHash = headers["x-amz-content-sha256"];
  const honest =
    bodyHash === undefined || bodyHash === createHash("sha256").update(rawBody).digest("hex");
  if (honest && given === signatureOf(request, credentials, credentials.keyId, credentials.secret))
    return undefined;
  return refusal(
    "InvalidSignatureException",
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
  );
}

function refusal(type: string, message: string): BedrockError {
  return { status: 403, type, message };
}
