import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import type { Json } from "../vendors/json-value.ts";
import type { OpeningRow } from "./opening-rows.ts";

/** A vendor whose streams are written by the test. */
export interface StallingVendor {
  /** The provider as a configuration says it. */
  readonly provider: { readonly [member: string]: Json };
  /** The next stream that is asked for, its head sent. */
  stream(): Promise<ServerResponse>;
}

/**
 * Starts a vendor of a row's dialect that ends with the test. It answers with the head of a stream
 * and waits; before that it gives a token or a receipt where the vendor's way asks for one.
 */
export async function startStallingVendor(row: OpeningRow): Promise<StallingVendor> {
  const asked = Promise.withResolvers<ServerResponse>();
  const server = createServer((request, response) => {
    request.resume();
    response.on("error", () => undefined);
    const json = (value: object) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify(value));
    };
    if (request.url === "/token")
      return json({ access_token: "t", token_type: "Bearer", expires_in: 3600 });
    if (row.name === "replicate" && request.method === "POST") {
      const urls = { stream: `http://${request.headers.host}/streams/p1` };
      return json({ id: "p1", model: "m", status: "starting", output: null, error: null, urls });
    }
    response.writeHead(200, { "content-type": row.contentType });
    response.flushHeaders();
    asked.resolve(response);
  });
  server.listen(0, "127.0.0.1");
  await new Promise<void>((resolve) => server.once("listening", resolve));
  onTestFinished(async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  });
  const { port } = server.address() as AddressInfo; // a listening TCP server always has one
  const url = `http://127.0.0.1:${port}`;
  const token = row.name === "watsonx" ? { oauth2: { token_url: `${url}/token` } } : {};
  const provider = { ...row.provider, ...token, base_url: `${url}${row.basePath ?? ""}` };
  return { provider, stream: () => asked.promise };
}
