import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { expect, test } from "vitest";
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from "../../../../gen/grpc/health/v1/health_pb.js";
import { createHealth, type Readiness } from "../../../../src/edge/connect/services/health.ts";
import { startRpc } from "../start-rpc.ts";

function createReadiness(): Readiness & {
  set(ready: boolean): void;
  readonly listeners: Set<() => void>;
} {
  let ready = true;
  const listeners = new Set<() => void>();
  return {
    listeners,
    ready: () => ready,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    set(next) {
      ready = next;
      for (const listener of listeners) listener();
    },
  };
}

async function startHealth() {
  const readiness = createReadiness();
  const shutdown = new AbortController();
  const health = createHealth({
    readiness,
    services: ["echo.v1.EchoService"],
    shutdown: shutdown.signal,
  });
  const { url, server } = await startRpc({
    routes: (router) => void router.service(Health, health),
  });
  return {
    readiness,
    shutdown,
    server,
    client: createClient(Health, createGrpcTransport({ baseUrl: url })),
  };
}

test("Check follows readiness for the server and for each service", async () => {
  const { readiness, client } = await startHealth();
  for (const [ready, status] of [
    [true, Status.SERVING],
    [false, Status.NOT_SERVING],
  ] as const) {
    readiness.set(ready);
    for (const service of ["", "echo.v1.EchoService"])
      expect((await client.check({ service })).status).toBe(status);
    const { statuses } = await client.list({});
    expect(Object.entries(statuses).map(([name, value]) => [name, value.status])).toEqual([
      ["", status],
      ["echo.v1.EchoService", status],
    ]);
  }
});

test("Check fails with NOT_FOUND for an unknown service", async () => {
  const { client } = await startHealth();
  expect(await client.check({ service: "no.such.Service" }).catch(ConnectError.from)).toMatchObject(
    {
      code: Code.NotFound,
    },
  );
});

test("Watch sends the state at once and each change once, and forgets a client that leaves", async () => {
  const { readiness, client, server } = await startHealth();
  const controller = new AbortController();
  const seen = client.watch({ service: "" }, { signal: controller.signal })[Symbol.asyncIterator]();
  expect((await seen.next()).value?.status).toBe(Status.SERVING);
  readiness.set(true);
  readiness.set(false);
  expect((await seen.next()).value?.status).toBe(Status.NOT_SERVING);
  readiness.set(true);
  expect((await seen.next()).value?.status).toBe(Status.SERVING);
  expect(readiness.listeners.size).toBe(1);
  controller.abort();
  await expect(seen.next()).rejects.toThrow("canceled");
  await server.drain(5_000);
  expect(readiness.listeners.size).toBe(0);
});

test("Watch reports an unknown service and stays", async () => {
  const { client } = await startHealth();
  const seen = client.watch({ service: "no.such.Service" })[Symbol.asyncIterator]();
  expect((await seen.next()).value?.status).toBe(Status.SERVICE_UNKNOWN);
});

test("Watch ends with UNAVAILABLE at shutdown, after the last state, and does not hold up a drain", async () => {
  const { readiness, shutdown, client, server } = await startHealth();
  const seen = client.watch({ service: "" })[Symbol.asyncIterator]();
  await seen.next();
  readiness.set(false);
  shutdown.abort();
  expect((await seen.next()).value?.status).toBe(Status.NOT_SERVING);
  expect(await seen.next().catch(ConnectError.from)).toMatchObject({ code: Code.Unavailable });
  await server.drain(60_000);
});
