import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { createSecretValue } from "../../src/config/secret-value.ts";
import type { TokenClient } from "../../src/upstream/credentials/token-request.ts";
import { openUpstream, serveHttp } from "./servers.ts";

/** A token request as it arrived. */
export interface AskedToken {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Name and value, in order. */
  readonly form: readonly (readonly [string, string])[];
}

/**
 * A token endpoint on loopback for one test; by default each request is answered with the next of
 * `token-1`, `token-2` ...
 */
export interface TokenServer {
  readonly origin: string;
  readonly asked: AskedToken[];
}

/** Starts a token endpoint. `answer` sees how many requests there have been. */
export async function startTokenServer(
  answer: (response: ServerResponse, count: number) => void = (response, count) =>
    void response.end(
      JSON.stringify({ access_token: `token-${count}`, token_type: "Bearer", expires_in: 3600 }),
    ),
): Promise<TokenServer> {
  const asked: AskedToken[] = [];
  const origin = await serveHttp(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const { method = "", url = "", headers } = request;
    asked.push({ method, path: url, headers, form: [...new URLSearchParams(body)] });
    response.setHeader("content-type", "application/json");
    answer(response, asked.length);
  });
  return { origin, asked };
}

/** What asks for tokens, at a fixed time unless the test moves it. */
export function tokenClient(nowMs: () => number = () => 1_000_000): TokenClient {
  return { provider: "acme", upstream: openUpstream(), nowMs };
}

/** Secret text that no message may hold. */
export const secretText = "very secret + text/100%:é";

/** The same, as the plan holds it. */
export const secret = createSecretValue(secretText);
