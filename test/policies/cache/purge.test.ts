import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { describe, expect, it } from "vitest";
import { CacheService } from "../../../gen/parlance/admin/v1/cache_service_pb.js";
import type { CacheEntry, PurgeFilter } from "../../../src/core/cache/entry-store.ts";
import { createPurgeMarks } from "../../../src/state/cache/purge-marks.ts";
import { createMemoryState } from "../../../src/state/state.ts";
import { rejection } from "../../calls.ts";
import type { Setup } from "../routing/routed-gateway.ts";
import { as, ask, caching, keys, states } from "./caching-gateway.ts";

const purger = ({ gateway }: Setup, key = "key-admin") =>
  createClient(
    CacheService,
    createConnectTransport({
      baseUrl: gateway.url,
      httpVersion: "1.1",
      interceptors: [
        (next) => (request) => {
          request.header.set("authorization", `Bearer ${key}`);
          return next(request);
        },
      ],
    }),
  );

describe("a purge", () => {
  const cases: readonly (readonly [title: string, filter: object, left: string])[] = [
    ["of all", { all: true }, "MISS MISS MISS"],
    ["of a key", { key: "two" }, "HIT MISS HIT"],
    ["of a team", { team: "red" }, "MISS MISS HIT"],
    ["of a model", { model: "m" }, "MISS MISS MISS"],
    ["of another model", { model: "other" }, "HIT HIT HIT"],
    ["of a key and a team that it is not of", { key: "three", team: "red" }, "HIT HIT HIT"],
  ];
  for (const [title, filter, left] of cases)
    it(`${title} leaves the others`, async () => {
      const setup = await caching("{}", [], { more: keys });
      const all = [as("one"), as("two"), as("three")];
      expect(await states(setup, ...all)).toBe("MISS MISS MISS");
      const { purged } = await purger(setup).purge(filter);
      expect(Number(purged)).toBe(left.split("MISS").length - 1);
      expect(await states(setup, ...all)).toBe(left);
    });

  it("of one answer is by its key", async () => {
    const setup = await caching("{}", [], { more: keys });
    const { headers } = await ask(setup, as("one"));
    await ask(setup, as("two"));
    const entry = headers.get("x-parlance-cache-key") ?? "";
    expect((await purger(setup).purge({ entry })).purged).toBe(1n);
    expect(await states(setup, as("one"), as("two"))).toBe("MISS HIT");
  });

  it("is refused where it does not say what of, or both all and some", async () => {
    const setup = await caching("{}", [], { more: keys });
    for (const filter of [{}, { all: true, key: "one" }])
      expect(String(await rejection(purger(setup).purge(filter)))).toContain("all:");
  });

  it("is for admins", async () => {
    const setup = await caching("{}", [], { more: keys });
    const error = await rejection(purger(setup, "key-one").purge({ all: true }));
    expect(String(error)).toContain("key one may not purge stored answers");
  });
});

describe("marks of purges", () => {
  const entry: CacheEntry = {
    key: "k",
    model: "m",
    principal: "one",
    team: "red",
    storedMs: 100,
    ttlMs: 1,
    staleMs: 0,
    provider: "p",
    vendorModel: "x",
    dialect: "d",
    report: [],
    form: "result",
    payload: new Uint8Array(),
  };
  const cases: readonly (readonly [filter: PurgeFilter, has: boolean])[] = [
    [{}, true],
    [{ model: "m" }, true],
    [{ principal: "one", team: "red" }, true],
    [{ entry: "k" }, true],
    [{ model: "n" }, false],
    [{ model: "m", team: "blue" }, false],
  ];
  for (const [filter, has] of cases)
    it(`tell another thread of ${JSON.stringify(filter)}`, () => {
      const { records } = createMemoryState();
      createPurgeMarks(records).add(filter, 200);
      const marks = createPurgeMarks(records);
      expect(marks.has(entry)).toBe(has);
      expect(marks.has({ ...entry, storedMs: 300 })).toBe(false);
    });
});
