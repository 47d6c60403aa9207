import { setTimeout as pause } from "node:timers/promises";

/** A call that was sent. */
export interface SentCall {
  /** Its end user, which no other call has. */
  readonly user: string;
  /** 0: it was not answered, as by a gateway that was killed. */
  readonly status: number;
  readonly tookMs: number;
  /** When it was answered, by the clock of this process. */
  readonly answeredMs: number;
  readonly phase: string;
}

/** Calls under way at once, and how long each lane waits after one. */
const lanes = 8;
const pauseMs = 25;

/** The key of the gateways' configuration. */
export const callerKey = "chaos-key-0123456789";

/** Sends calls one after the other in some lanes, until it is ended. */
export class Load {
  readonly calls: SentCall[] = [];
  /** What is going on, which is noted at each call. */
  phase = "normal";
  readonly #name: string;
  readonly #url: string;
  #ended = false;
  #running: Promise<unknown> = Promise.resolve();
  #next = 0;

  constructor(url: string, name: string) {
    this.#url = url;
    this.#name = name;
  }

  begin(): void {
    this.#running = Promise.all(Array.from({ length: lanes }, () => this.#lane()));
  }

  /** Resolves once nothing is under way. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.#running;
  }

  async #lane(): Promise<void> {
    while (!this.#ended) {
      await this.#send();
      await pause(pauseMs);
    }
  }

  async #send(): Promise<void> {
    this.#next += 1;
    const user = `${this.#name}-${this.#next}`;
    const { phase } = this;
    const sentMs = performance.now();
    const status = await statusOf(this.#url, user);
    const answeredMs = performance.now();
    this.calls.push({ user, status, tookMs: answeredMs - sentMs, answeredMs, phase });
  }
}

async function statusOf(url: string, user: string): Promise<number> {
  try {
    const reply = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${callerKey}` },
      body: JSON.stringify({
        model: "fast",
        user,
        max_tokens: 10,
        messages: [{ role: "user", content: "hi" }],
      }),
    });
    await reply.arrayBuffer();
    return reply.status;
  } catch {
    return 0;
  }
}
