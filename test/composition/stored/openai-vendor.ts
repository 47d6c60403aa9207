import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { TlsOptions } from "node:tls";
import { onTestFinished } from "vitest";

/** A vendor that speaks Chat Completions and remembers what it was shown. */
export interface RecordingVendor {
  /** Where it is, as the base URL of a provider. */
  readonly baseUrl: string;
  /** The values of the header `authorization`, and of `x-extra`, in their order. */
  readonly shown: { readonly authorization: string; readonly extra: string }[];
}

/** Starts one, which ends with the test. With options of TLS it speaks that. */
export async function startRecordingVendor(tls?: TlsOptions): Promise<RecordingVendor> {
  const shown: { authorization: string; extra: string }[] = [];
  const answer: RequestListener = (request, response) => {
    const { authorization = "", "x-extra": extra = "" } = request.headers;
    shown.push({ authorization, extra: String(extra) });
    request.resume();
    request.once("end", () => {
      response.setHeader("content-type", "application/json");
      response.end(
        JSON.stringify({
          id: "one",
          object: "chat.completion",
          created: 1,
          model: "m",
          choices: [
            { index: 0, message: { role: "assistant", content: "hello" }, finish_reason: "stop" },
          ],
          usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
        }),
      );
    });
  };
  const server = tls === undefined ? createServer(answer) : createTlsServer(tls, answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  const scheme = tls === undefined ? "http" : "https";
  return { baseUrl: `${scheme}://127.0.0.1:${address.port}/v1`, shown };
}
