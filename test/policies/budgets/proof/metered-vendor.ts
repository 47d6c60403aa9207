import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";

/** A vendor whose answers take a different number of tokens each, within what callers allow. */
export interface MeteredVendor {
  readonly url: string;
  /** The highest number of calls that it had at the same time. */
  readonly highest: number;
  /** The calls that wait for `release`. */
  readonly waiting: number;
  /** Keeps answers back from now on. */
  hold(): void;
  release(): void;
}

/** Starts one; it is closed with the test. */
export async function startMeteredVendor(): Promise<MeteredVendor> {
  let [served, open, highest] = [0, 0, 0];
  let held: (() => void)[] | undefined;
  const server = createServer((request, response) => {
    open += 1;
    highest = Math.max(highest, open);
    response.on("close", () => {
      open -= 1;
    });
    void text(request).then((sent) => {
      const body = JSON.parse(sent);
      served += 1;
      const prompt = 1 + ((served * 7) % 10);
      const completion = 1 + ((served * 13) % body.max_tokens);
      const answer = () => {
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify(completionOf(body.model, prompt, completion)));
      };
      if (held === undefined) setTimeout(answer, served % 20);
      else held.push(answer);
    });
  });
  server.listen({ port: 0, host: "127.0.0.1", backlog: 4_096 });
  await new Promise<void>((resolve) => void server.once("listening", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    url: `http://127.0.0.1:${port}`,
    get highest() {
      return highest;
    },
    get waiting() {
      return held?.length ?? 0;
    },
    hold() {
      held ??= [];
    },
    release() {
      for (const answer of held ?? []) answer();
      held = undefined;
    },
  };
}

function completionOf(model: string, prompt: number, completion: number): object {
  const message = { role: "assistant", content: "hello" };
  return {
    id: "c",
    object: "chat.completion",
    created: 1,
    model,
    choices: [{ index: 0, message, finish_reason: "stop" }],
    usage: {
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: prompt + completion,
    },
  };
}
