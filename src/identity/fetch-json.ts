import { Agent, request } from "undici";
import type { Gate } from "../core/net/egress.ts";
import { plainHost, portOf } from "../core/net/host-of.ts";

/** How documents of an issuer are fetched. */
export interface FetchOptions {
  /** Certificates in PEM that sign the server's. Absent: those that the system trusts. */
  readonly ca?: string | undefined;
  /** Sent as a bearer token. Absent: none is sent. */
  readonly token?: string | undefined;
  /** Which hosts a connection may be opened to. Absent: all. */
  readonly gate?: Gate | undefined;
  /** Posted as a form. Absent: the document is got. */
  readonly form?: Readonly<Record<string, string>> | undefined;
}

/** What an issuer answered. */
export interface JsonAnswer {
  readonly status: number;
  readonly value: unknown;
}

/** An issuer, or what is needed of it, cannot be had; without what it sent. */
export class IssuerFailure extends Error {}

/** The failure of whoever is at an address. */
export function failureOf(url: string, what: string, options?: ErrorOptions): IssuerFailure {
  return new IssuerFailure(`${URL.parse(url)?.host ?? "the issuer"} ${what}`, options);
}

/** No document of an issuer is longer, in bytes. */
const maxBytes = 1_048_576;

/** How long an issuer may take, in milliseconds. */
const timeoutMs = 10_000;

/** Fetches a JSON document of an issuer. Redirects are not followed. Throws IssuerFailure. */
export async function fetchJson(url: string, options: FetchOptions): Promise<unknown> {
  const { status, value } = await requestJson(url, options);
  if (status !== 200) throw failureOf(url, `answered with status ${status}`);
  return value;
}

/** The same with whatever status; throws IssuerFailure where the answer is no JSON. */
export async function requestJson(
  url: string,
  { ca, token, form, gate }: FetchOptions,
): Promise<JsonAnswer> {
  const address = URL.parse(url);
  if (address === null) throw failureOf(url, "names an address that is none");
  const port = portOf(address);
  const refusal = gate?.refusal(plainHost(address.hostname), port);
  if (refusal !== undefined) throw failureOf(url, `is refused: ${refusal.message}`);
  const agent = new Agent({
    connect: {
      timeout: timeoutMs,
      ...(ca === undefined ? {} : { ca }),
      ...(gate && { lookup: gate.lookup(port) }),
    },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: maxBytes,
  });
  try {
    const { statusCode, body } = await request(url, {
      dispatcher: agent,
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        accept: "application/json",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(form === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
      },
      ...(form === undefined
        ? {}
        : { method: "POST", body: new URLSearchParams({ ...form }).toString() }),
    });
    // A page in place of a document says no more than its status.
    const value: unknown = await body.json().catch((error: unknown) => {
      if (statusCode === 200 || !(error instanceof SyntaxError)) throw error;
    });
    return { status: statusCode, value };
  } catch (error) {
    throw failureOf(url, reasonOf(error), { cause: error });
  } finally {
    void agent.destroy();
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof SyntaxError) return "answered with what is no JSON";
  if (error instanceof Error && error.name === "UpstreamError") return `failed: ${error.message}`;
  if (error instanceof Error && "code" in error) return `failed: ${String(error.code)}`;
  return "failed";
}
