import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { CallerKey, Settings } from "../config/settings.ts";
import type { Principal } from "../core/call.ts";
import type { CallerSignature, SignedHead } from "../core/caller/caller-signature.ts";
import {
  anonymous,
  type CallerOrigin,
  fromHere,
  presentedKey,
  principalOf,
  type StoredKeys,
  type StoredSigner,
  unauthenticated,
} from "./authenticate.ts";

/** Reads the signature of a request; undefined where it shows a key, or nothing at all. */
export type SignatureReader = (head: SignedHead) => CallerSignature | undefined;

interface SigningKey {
  /** What it may be signed with. */
  readonly values: () => readonly string[];
  readonly principal: Principal;
}

/** How far a caller's clock may be off, in milliseconds, as at AWS. */
const MAX_SKEW_MS = 5 * 60_000;

/**
 * Makes the reader of AWS's Signature Version 4, in which AWS's SDKs show who they are: the access
 * key id is the name of a key of the config, or the id of a key of the store that was made to sign,
 * and the secret access key its value. Any region and service will do. Where no key is
 * configured, every signature is taken, as every key is. See
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 * (2026-11).
 *
 * The id, the date and, where the head holds the hash of the body, the signature are judged by the
 * head alone. Some SDKs do not send the hash: theirs is judged with the body.
 */
export function createSignatureReader(
  { auth, keys, teams }: Pick<Settings, "auth" | "keys" | "teams">,
  nowMs: () => number,
  stored?: StoredKeys,
): SignatureReader {
  const found = new Map<string, SigningKey>();
  // Made when somebody signs: few do.
  let named: ReadonlyMap<string, CallerKey> | undefined;
  const keyOf = (name: string): SigningKey | undefined => {
    const ready = found.get(name);
    if (ready !== undefined) return ready;
    named ??= new Map(keys.map((one) => [one.settings.name, one]));
    const key = named.get(name);
    if (key?.value === undefined) return undefined;
    const { value } = key;
    const made = { values: () => [value.reveal()], principal: principalOf(key, teams) };
    found.set(name, made);
    return made;
  };
  return (head) => {
    const authorization = head.header("authorization") ?? "";
    if (!authorization.startsWith(ALGORITHM) || presentedKey(head.header) !== undefined)
      return undefined;
    if (!auth.required) return { verify: () => anonymous };
    const signed = readAuthorization(authorization);
    const date = head.header("x-amz-date") ?? "";
    if (signed === undefined) throw unauthenticated("the signature cannot be read");
    checkDate(date, signed.scope, nowMs());
    const key = keyOf(signed.keyId) ?? storedKey(stored?.signer(signed.keyId, origin(head)));
    fromHere(key.principal, head);
    const claimed = head.header("x-amz-content-sha256");
    if (claimed !== undefined) checkSignature(head, signed, { date, hash: claimed }, key);
    return {
      verify(body) {
        if (claimed === UNSIGNED) return key.principal;
        const hash = createHash("sha256").update(body).digest("hex");
        if (claimed === undefined) checkSignature(head, signed, { date, hash }, key);
        else if (hash !== claimed)
          throw unauthenticated("the body does not have the hash x-amz-content-sha256");
        return key.principal;
      },
    };
  };
}

function origin({ clientAddress, path }: SignedHead): CallerOrigin {
  return { path, ...(clientAddress === undefined ? {} : { clientAddress }) };
}

/** A key of the store that can sign; throws UNAUTHENTICATED, with what to do about it. */
function storedKey(signer: StoredSigner | undefined): SigningKey {
  if (signer === undefined)
    throw unauthenticated(
      "the access key id is neither the name of a key of the config nor the id of one of the store",
    );
  if (!signer.signs)
    throw unauthenticated(
      "the key was not made to sign, so that the store has a hash of its value alone: make one with `signing: true`",
    );
  if (signer.values.length === 0)
    throw unauthenticated(
      "the value of the key cannot be decrypted: store.encryption_key is another one than when it was made",
    );
  return { principal: signer.principal, values: () => signer.values };
}

const ALGORITHM = "AWS4-HMAC-SHA256";
const UNSIGNED = "UNSIGNED-PAYLOAD";

/** An `Authorization` header, read. */
interface SignedBy {
  readonly keyId: string;
  /** Date, region, service and `aws4_request`. */
  readonly scope: readonly string[];
  readonly headers: readonly string[];
  readonly signature: string;
}

/** What names the host that is meant; the SDK for JavaScript signs HTTP/2's own. */
const HOSTS: ReadonlySet<string> = new Set(["host", ":authority"]);

/** Undefined for a header that is no such signature. The host must be signed. */
function readAuthorization(text: string): SignedBy | undefined {
  const fields = new Map(
    text
      .slice(ALGORITHM.length)
      .split(",")
      .map((field) => {
        const [name = "", ...value] = field.trim().split("=");
        return [name, value.join("=")] as const;
      }),
  );
  const credential = (fields.get("Credential") ?? "").split("/");
  const scope = credential.splice(-4);
  const headers = (fields.get("SignedHeaders") ?? "").split(";");
  const signature = fields.get("Signature") ?? "";
  const keyId = credential.join("/");
  const namesHost = headers.some((name) => HOSTS.has(name));
  if (keyId === "" || scope[3] !== "aws4_request" || !namesHost) return undefined;
  return /^[0-9a-f]{64}$/.test(signature) ? { keyId, scope, headers, signature } : undefined;
}

function checkDate(date: string, scope: readonly string[], nowMs: number): void {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? [];
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts.map(Number);
  const signedMs = Date.UTC(year, month - 1, day, hour, minute, second);
  if (parts.length === 0 || scope[0] !== date.slice(0, 8))
    throw unauthenticated("x-amz-date must be the date of the signature");
  if (Math.abs(nowMs - signedMs) > MAX_SKEW_MS)
    throw unauthenticated("the signature's date is more than 5 minutes off: set the clock");
}

interface Signed {
  readonly date: string;
  /** Of the body, in hex. */
  readonly hash: string;
}

function checkSignature(
  head: SignedHead,
  { scope, headers, signature }: SignedBy,
  { date, hash }: Signed,
  { values }: SigningKey,
): void {
  const canonical = [
    head.method,
    canonicalPath(head.path),
    canonicalQuery(head.query),
    ...headers.map((name) => `${name}:${canonicalValue(head, name)}`),
    "",
    headers.join(";"),
    hash,
  ].join("\n");
  const digest = createHash("sha256").update(canonical).digest("hex");
  const text = [ALGORITHM, date, scope.join("/"), digest].join("\n");
  const sent = Buffer.from(signature, "hex");
  const fits = values().some((value) => {
    const key = scope.reduce<Buffer>(hmac, Buffer.from(`AWS4${value}`));
    return timingSafeEqual(hmac(key, text), sent);
  });
  if (!fits)
    throw unauthenticated(
      "the signature does not match: the secret access key is the value of the key that the access key id names",
    );
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

/** What was encoded for the request is encoded once more for the signature. */
function canonicalPath(path: string): string {
  return path.split("/").map(encode).join("/");
}

function canonicalQuery(query: string): string {
  if (query === "") return "";
  const pairs = query.split("&").map((pair) => {
    const [name = "", ...value] = pair.split("=");
    return `${encode(decode(name))}=${encode(decode(value.join("=")))}`;
  });
  return pairs.sort().join("&");
}

function canonicalValue({ authority, header }: SignedHead, name: string): string {
  const value = HOSTS.has(name) ? authority : (header(name) ?? "");
  return value.trim().replaceAll(/ +/g, " ");
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
