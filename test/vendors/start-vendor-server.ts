import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { asObject, asString, type Json, parseJson } from "./json-value.ts";
import { type Scenario, type ScenarioName, scenarioOfModel } from "./scenario.ts";
import { sendReply, type VendorReply } from "./vendor-reply.ts";

/** One request as the vendor received it. */
export interface RecordedRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Every header line as sent: name, value, name, value ... */
  readonly rawHeaders: readonly string[];
  readonly rawBody: Buffer;
  /** The body as JSON, undefined when it is not JSON. */
  readonly json: Json | undefined;
  /**
   * Resolves when the client closes the connection before the reply has ended; never when the
   * vendor ends or cuts it.
   */
  readonly aborted: Promise<void>;
}

/** Knobs every simulated vendor has. */
export interface VendorOptions {
  /** The only key that is accepted. Unset: any key, but a key there must be. */
  readonly apiKey?: string;
  /** The scenario when neither next() nor the model's name says one. Default text. */
  readonly defaultScenario?: ScenarioName | Scenario;
  /** Bytes in each write of every reply. Unset: a frame in each write. */
  readonly writeBytes?: number;
  /** Model ids that GET /v1/models lists. Default: a few of the vendor's. */
  readonly models?: readonly string[];
}

/** A running simulated vendor. */
export interface Vendor {
  /** Origin, without a path and without a trailing slash. */
  readonly url: string;
  /** All requests so far, in order of arrival. */
  readonly requests: readonly RecordedRequest[];
  /**
   * Queues the scenario of the next request that has none queued before it; it beats the model's
   * suffix.
   */
  next(scenario: ScenarioName | Scenario): void;
  /** The scenario of requests that nothing else decides. */
  setDefault(scenario: ScenarioName | Scenario): void;
  /**
   * Resolves when a client closes the connection of a running request. Each such event resolves one
   * wait, also one that begins later, so call reset() before when earlier requests may have left
   * some; `requests[n].aborted` names its request.
   */
  waitForAbort(): Promise<void>;
  /** Resolves when `requests` has the given length. */
  waitForRequests(count: number): Promise<void>;
  /**
   * Forgets recorded requests, queued scenarios and aborts nobody waited for, and makes the default
   * the first one again.
   */
  reset(): void;
  /** Destroys all connections and stops listening. */
  close(): Promise<void>;
}

/** Answers one request; `ordinal` counts requests from 1. */
export type AnswerRequest = (
  request: RecordedRequest,
  scenario: Scenario,
  ordinal: number,
) => VendorReply;

/** The model that a request is for; "" where it names none. Its suffix says the scenario. */
export type ModelOfRequest = (request: RecordedRequest) => string;

/**
 * Listens on a free loopback port and answers every request with `answer`. The model is the body's
 * `model` by default.
 */
export async function startVendorServer(
  answer: AnswerRequest,
  options: VendorOptions,
  modelOf: ModelOfRequest = modelOfBody,
): Promise<Vendor> {
  const requests: RecordedRequest[] = [];
  const queued: Scenario[] = [];
  const aborts = createWaits();
  const arrivals: { count: number; resolve: () => void }[] = [];
  const firstDefault = toScenario(options.defaultScenario ?? "text");
  let fallback = firstDefault;
  let served = 0;

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    let endedByVendor = false;
    const gone = Promise.withResolvers<void>();
    response.once("close", () => {
      if (response.writableEnded || endedByVendor) return;
      gone.resolve();
      aborts.happened();
    });
    const request = await record(message, gone.promise);
    served += 1;
    requests.push(request);
    for (const arrival of arrivals.filter((each) => each.count <= requests.length))
      arrival.resolve();
    const named = scenarioOfModel(modelOf(request));
    const scenario = queued.shift() ?? (named === undefined ? fallback : toScenario(named));
    const reply = answer(request, scenario, served);
    endedByVendor = reply.ending === "destroy";
    await sendReply(
      reply,
      response,
      scenario.writeBytes ?? options.writeBytes ?? (scenario.name === "unicode" ? 5 : undefined),
    );
  }

  const server = createServer((message, response) => {
    serve(message, response).catch((cause: Error) => response.destroy(cause));
  });
  server.listen(0, "127.0.0.1");
  await new Promise<void>((resolve) => server.once("listening", resolve));
  const address = server.address() as AddressInfo; // a listening TCP server always has one

  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    next: (scenario) => void queued.push(toScenario(scenario)),
    setDefault: (scenario) => {
      fallback = toScenario(scenario);
    },
    waitForAbort: aborts.wait,
    waitForRequests: (count) =>
      requests.length >= count
        ? Promise.resolve()
        : new Promise((resolve) => arrivals.push({ count, resolve })),
    reset: () => {
      requests.length = 0;
      queued.length = 0;
      aborts.forget();
      fallback = firstDefault;
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function modelOfBody({ json }: RecordedRequest): string {
  return asString(asObject(json)?.model) ?? "";
}

function toScenario(scenario: ScenarioName | Scenario): Scenario {
  return typeof scenario === "string" ? { name: scenario } : scenario;
}

async function record(message: IncomingMessage, aborted: Promise<void>): Promise<RecordedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  const rawBody = Buffer.concat(chunks);
  const { method = "", url = "", headers, rawHeaders } = message;
  return { method, path: url, headers, rawHeaders, rawBody, json: parseJson(rawBody), aborted };
}

/** Pairs events with waits in order, whichever comes first. */
function createWaits(): { happened(): void; wait(): Promise<void>; forget(): void } {
  const waiting: (() => void)[] = [];
  let unclaimed = 0;
  return {
    happened: () => {
      const resolve = waiting.shift();
      if (resolve === undefined) unclaimed += 1;
      else resolve();
    },
    wait: () => {
      if (unclaimed === 0) return new Promise((resolve) => waiting.push(resolve));
      unclaimed -= 1;
      return Promise.resolve();
    },
    forget: () => {
      unclaimed = 0;
    },
  };
}
