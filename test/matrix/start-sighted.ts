import { createRouterTransport } from "@connectrpc/connect";
import { createConfiguredEngine } from "../../src/configured-gateway.ts";
import { attempt, handleCall, planAttempt } from "../../src/core/attempt.ts";
import { compose, type Stage } from "../../src/core/compose.ts";
import { dispatch } from "../../src/core/dispatch/dispatch.ts";
import { lenient } from "../../src/core/fidelity/loss-policy.ts";
import { registerServices } from "../../src/edge/connect/services/services.ts";
import { createFetchHandler } from "../../src/edge/fetch-handler.ts";
import { createFrontDoor } from "../../src/edge/front-door.ts";
import { createReadiness } from "../../src/edge/readiness.ts";
import { type PolicyWorld, startPolicyWorld } from "../structure/policy-world.ts";

/** A gateway over every vendor whose calls pass one stage before they are sent. */
export interface Sighted {
  readonly world: PolicyWorld;
  /** The stage that calls to come pass. */
  use(stage: Stage): void;
  /** The answer to a REST client. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** For typed clients. */
  readonly transport: ReturnType<typeof createRouterTransport>;
  close(): Promise<void>;
}

/** Starts the vendors; models are `provider/model` with the providers of the matrix. */
export async function startSighted(): Promise<Sighted> {
  const world = await startPolicyWorld();
  const { engine } = await createConfiguredEngine({
    config: { text: "providers: { sim: { kind: sim } }", filename: "sighted" },
    world: { newId: () => "call_1", wallMs: () => 0 },
  });
  const outlets = new Map(world.vendors.map(({ row, outlet }) => [row.name, outlet]));
  const route: Stage = {
    name: "route",
    layer: (next) => (call) => {
      const [provider = "", ...model] = call.model.split("/");
      const outlet = outlets.get(provider);
      if (outlet === undefined) throw new Error(`no vendor ${provider}`);
      const target = { provider, model: model.join("/") };
      return attempt(call, next, planAttempt(call, target, outlet, lenient));
    },
  };
  let stage: Stage | undefined;
  const sighted = {
    ...engine,
    handle: (call: Parameters<typeof engine.handle>[0]) => {
      const stages = stage === undefined ? [route] : [route, stage];
      const innermost = dispatch({ maxOutput: () => 1000 });
      return handleCall(call, compose(stages, "dispatch", innermost));
    },
  };
  const shutdown = new AbortController();
  const readiness = createReadiness(() => true);
  const maxBodyBytes = 1 << 20;
  const options = {
    engine: sighted,
    readiness,
    shutdown: shutdown.signal,
    maxBodyBytes,
    heartbeatMs: 0,
  };
  const door = createFrontDoor(options);
  const web = createFetchHandler({
    handler: door.handle,
    onRefused: () => undefined,
    onError: door.fail,
    cors: { origins: [] },
    maxBodyBytes,
    bodyMemoryBytes: maxBodyBytes,
  });
  return {
    world,
    use: (one) => {
      stage = one;
    },
    fetch: web.handle,
    transport: createRouterTransport(registerServices(sighted)),
    close: async () => {
      web.close();
      shutdown.abort();
      await engine.close();
      await world.close();
    },
  };
}
