import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { managementPaths } from "../../src/edge/rest/litellm/litellm-paths.ts";
import { callRoutes } from "../../src/edge/rest/rest-route.ts";
import { parseJson } from "../vendors/json-value.ts";
import { printRequest } from "./client/send-h1.ts";
import { printTree, slotsOf, toTree } from "./mutate/json-tree.ts";
import { mutateBytes } from "./mutate/mutate-bytes.ts";
import { mutateJson } from "./mutate/mutate-json.ts";
import { mutateProtobuf } from "./mutate/mutate-protobuf.ts";
import { parseOptions } from "./options.ts";
import { parts } from "./parts.ts";
import { casesOf } from "./play-part.ts";
import { createRandom } from "./random.ts";
import { makeRequest } from "./requests/make-request.ts";
import { restBodies } from "./requests/rest-bodies.ts";
import { restSurfaces } from "./requests/rest-surfaces.ts";
import { rpcMethods } from "./requests/rpc-surfaces.ts";
import { misbehaviourByName, misbehaviours } from "./vendor/misbehaviours.ts";
import { editFrames, splitFrames } from "./vendor/split-frames.ts";
import { subjects, vendorSecrets } from "./vendor/subjects.ts";

const sha = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
const body = { model: "m", messages: [{ role: "user", content: "hi" }], n: 1, stop: ["a", "b"] };

describe("inputs are the same for the same seed", () => {
  const mutators: readonly (readonly [name: string, mutate: (seed: number) => Buffer])[] = [
    ["JSON", (seed) => mutateJson(body, createRandom(seed), { maxBytes: 10_000 })],
    ["bytes", (seed) => mutateBytes(Buffer.from("0123456789"), createRandom(seed))],
    ["protobuf", (seed) => mutateProtobuf(Buffer.from("0a0173", "hex"), createRandom(seed))],
    ["requests", (seed) => Buffer.concat(printRequest(makeRequest(1, seed).request))],
  ];
  for (const [name, mutate] of mutators) {
    it(name, () => {
      const seeds = Array.from({ length: 200 }, (_, seed) => seed);
      const once = seeds.map((seed) => sha(mutate(seed)));
      expect(seeds.map((seed) => sha(mutate(seed)))).toEqual(once);
      expect(new Set(once).size).toBeGreaterThan(100);
    });
  }

  it("on every machine", () => {
    expect(createRandom("a", 1).bytes(8).toString("hex")).toBe("06e13f80715a9222");
  });

  it("and others for another", () => {
    const of = (seed: number) =>
      Array.from({ length: 20 }, (_, at) => sha(makeRequest(seed, at).request.body));
    expect(of(1)).not.toEqual(of(2));
  });
});

describe("a mutated body", () => {
  const many = Array.from({ length: 600 }, (_, seed) =>
    mutateJson(body, createRandom("many", seed), { maxBytes: 20_000 }),
  );

  it("stays near its bound", () => {
    expect(Math.max(...many.map(({ length }) => length))).toBeLessThan(100_000);
  });

  it("is JSON more often than not, and now and then is not", () => {
    const valid = many.filter((bytes) => parseJson(bytes) !== undefined).length;
    expect(valid).toBeGreaterThan(300);
    expect(valid).toBeLessThan(600);
  });

  const shapes: readonly (readonly [what: string, shape: RegExp])[] = [
    ["a lone surrogate", /\\ud[89a-f]/],
    ["a number beyond a double", /1e309|1e999/],
    ["deep nesting", /(\[|\{"a":){200}/],
    ["two members of a name", /"(\w+)":(?:"[^"]*"|\d+|null|true|false|\[\]|\{\}),"\1":/],
    ["a member of a prototype", /__proto__/],
  ];
  for (const [what, shape] of shapes) {
    it(`has ${what} now and then`, () =>
      expect(many.some((bytes) => shape.test(bytes.toString()))).toBe(true));
  }
});

it("a tree prints as it was", () => {
  const json = { a: [1, "two", null, { b: true }], c: {} };
  expect(printTree(toTree(json))).toBe(JSON.stringify(json));
  expect(slotsOf({ value: toTree(json) })).toHaveLength(8);
});

describe("what the gateway serves is attacked", () => {
  it("every row of the REST paths, with a body of its own", () => {
    const surfaces = restSurfaces();
    const routes = new Set(
      surfaces.flatMap(({ matched }) =>
        matched === undefined ? [] : [JSON.stringify(matched.route)],
      ),
    );
    for (const route of callRoutes().values()) {
      expect(routes).toContain(JSON.stringify(route));
      expect(restBodies[route.facade][route.operation]).toBeTypeOf("function");
    }
    const managed: readonly string[] = managementPaths;
    for (const { method, path, matched } of surfaces) {
      if (method !== "POST" || matched !== undefined) continue;
      expect(managed).toContain(`POST ${path("m").replace("/x/", "/{key}/")}`);
    }
  });

  it("every method of the contract", () => {
    const asked = new Set(
      Array.from({ length: 3000 }, (_, at) => makeRequest(1, at).request.target),
    );
    for (const method of rpcMethods)
      expect(asked).toContain(`/${method.parent.typeName}/${method.name}`);
  });

  it("every vendor by a credential of its own", () => {
    const credentials = subjects.map(({ credential }) => credential);
    expect(new Set(credentials).size).toBe(credentials.length);
    expect(vendorSecrets.length).toBeGreaterThan(20);
  });
});

describe("misbehaviours", () => {
  it("are more than eighty, each with a name that fits in a text", () => {
    expect(misbehaviours.length).toBeGreaterThan(80);
    expect(misbehaviourByName.size).toBe(misbehaviours.length);
    for (const { name } of misbehaviours) expect(name).toMatch(/^[a-z0-9-]+$/);
  });

  it("find the frames of a stream, and print them again", () => {
    const headers = { "content-type": "text/event-stream" };
    const frames = splitFrames(headers, Buffer.from('event: a\ndata: {"x":1}\n\ndata: [DONE]\n\n'));
    expect(frames).toHaveLength(2);
    const edited = editFrames(headers, frames, (root) => {
      root.value = { kind: "raw", text: "7" };
    });
    expect(Buffer.concat(edited).toString()).toBe("event: a\ndata:7\n\ndata: [DONE]\n\n");
  });
});

describe("the command line", () => {
  const names = parts.map(({ name }) => name);

  it("plays everything by default, by a fixed seed", () => {
    expect(parseOptions([], names)).toEqual({
      seed: 1,
      short: false,
      only: undefined,
      at: undefined,
    });
  });

  it("replays one case", () => {
    const options = parseOptions(["--seed", "7", "--only", "requests", "--at", "12"], names);
    expect(options).toEqual({ seed: 7, short: false, only: "requests", at: 12 });
  });

  const wrong: readonly (readonly string[])[] = [
    ["--seed", "x"],
    ["--seed", "-1"],
    ["--only", "nothing"],
    ["--at", "3"],
    ["--what"],
  ];
  for (const argv of wrong)
    it(`refuses ${argv.join(" ")}`, () => expect(() => parseOptions(argv, names)).toThrow());

  it("draws the cases of a short run from those of a long one", () => {
    for (const part of parts) {
      const all = casesOf(part, { seed: 1, short: false, at: undefined });
      const some = casesOf(part, { seed: 1, short: true, at: undefined });
      expect(all).toHaveLength(part.count);
      expect(new Set(some).size).toBe(Math.min(part.short, part.count));
      expect(some.every((at) => at < part.count)).toBe(true);
      expect(casesOf(part, { seed: 1, short: true, at: undefined })).toEqual(some);
    }
  });
});
