import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";

/** What the service of a guard was asked, and what it is to say next. */
export interface CheckService {
  readonly url: string;
  readonly asked: { stage: string; texts: readonly string[] }[];
  /** Undefined: it never answers. */
  reply: (texts: readonly string[]) => object | undefined;
}

/** Starts a web service that ends with the test. */
export async function startCheckService(): Promise<CheckService> {
  const service: CheckService = { url: "", asked: [], reply: () => ({ action: "PASS" }) };
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const question = JSON.parse(body);
      service.asked.push({ stage: question.stage, texts: question.texts });
      const reply = service.reply(question.texts);
      if (reply !== undefined)
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(reply));
    });
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo; // it listens on a port
  return Object.assign(service, { url: `http://127.0.0.1:${port}/check` });
}
