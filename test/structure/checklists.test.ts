import { readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addOperation, addPolicy } from "./checklist-steps.ts";
import { createScratchCopy } from "./scratch-copy.ts";

// The lists of CONTRIBUTING.md, followed in a copy of the sources: generated, compiled and run.

const copy = createScratchCopy();
afterAll(() => copy.remove());

/** What `buf generate` writes, without the folders of other generators. */
const plugin = "node_modules/.bin/protoc-gen-es";
const template = JSON.stringify({
  version: "v2",
  plugins: [
    {
      local: plugin,
      out: "gen",
      opt: [
        "target=js+dts",
        "import_extension=js",
        "rewrite_imports=./buf/validate/*_pb.js:@bufbuild/protovalidate/gen",
      ],
    },
  ],
});
const changed = ["config", "label"].flatMap((name) => ["--path", `proto/parlance/${name}`]);

/** Calls the gateway of the copy and prints what came of it. */
const program = `
import { createServer } from "node:http";
import { once } from "node:events";
import { ConfigError, createGateway, faultOf, Role } from "./library.ts";

const vendor = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const { model, text } = JSON.parse(Buffer.concat(chunks).toString());
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ label: [request.url, model, text].join(" ") }));
});
await once(vendor.listen(0, "127.0.0.1"), "listening");
const base_url = "http://127.0.0.1:" + vendor.address().port + "/v1";
const providers = { sim: { kind: "sim" }, local: { kind: "openai_compatible", base_url } };

const chat = (text) => ({
  chat: {
    model: "sim/echo",
    messages: [{ role: Role.USER, parts: [{ content: { case: "text", value: { text } } }] }],
  },
});
const told = (promise) => promise.then(() => "answered", (error) => faultOf(error)?.message);
const label = async (gateway, model) => {
  const request = new Request("http://gateway/parlance.label.v1.LabelService/Label", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ spec: { model, text: "hi" } }),
  });
  const { result, message } = await (await gateway.handle(request)).json();
  return result?.label ?? message;
};

const limited = await createGateway({ providers, prompt_limit: { max_prompt_chars: 10 } });
const free = await createGateway({ providers });
const bad = await createGateway({ providers, prompt_limit: { max_prompt_chars: 0 } }).catch((error) => error);
console.log(JSON.stringify({
  short: await told(limited.client.complete(chat("short"))),
  long: await told(limited.client.complete(chat("longer than ten"))),
  planned: await told(limited.client.explain(chat("longer than ten"))),
  unlimited: await told(free.client.complete(chat("longer than ten"))),
  listed: (await limited.client.explain(chat("short"))).stages.includes("prompt_limit"),
  left: (await free.client.explain(chat("short"))).stages.includes("prompt_limit"),
  shown: (await limited.clients.config.getConfig({})).config?.promptLimit?.maxPromptChars,
  bad: bad instanceof ConfigError && bad.violations.map(({ path, ruleId }) => path + " " + ruleId),
  labelled: await label(free, "local/m"),
  simulated: await label(free, "sim/echo"),
}));
await Promise.all([limited.close(), free.close()]);
vendor.close();
`;

/** A section of the page for contributors. */
function section(heading: string): string {
  const page = readFileSync("CONTRIBUTING.md", "utf8");
  const start = page.indexOf(`${heading}\n`);
  if (start < 0) throw new Error(`there is no ${heading}`);
  return page.slice(start, page.indexOf("\n## ", start + 1));
}

describe("a policy and an operation that are added by the checklists", () => {
  let printed: unknown;
  const touched: Record<string, readonly string[]> = {};

  beforeAll(() => {
    addPolicy(copy);
    touched.policy = copy.touched();
    addOperation(copy);
    touched.operation = copy.touched().filter((path) => !touched.policy?.includes(path));
    copy.run("buf", ["generate", "proto", "--template", template, ...changed]);
    copy.add("src/program.ts", program);
    copy.add(
      "tsconfig.scratch.json",
      '{ "extends": "./tsconfig.json", "include": ["src"], "exclude": ["src/program.ts"] }',
    );
    copy.run("tsc", ["-p", "tsconfig.scratch.json"]);
    printed = JSON.parse(copy.run("node", ["src/program.ts"]));
  }, 240_000);

  it("act as their settings and their codecs say", () => {
    expect(printed).toMatchObject({
      short: "answered",
      long: "the prompt has more than 10 characters: shorten it",
      planned: "the prompt has more than 10 characters: shorten it",
      unlimited: "answered",
      labelled: "/v1/label m hi",
      simulated: "simulated",
    });
  });

  it("are told of as all others are", () => {
    expect(printed).toMatchObject({
      listed: true,
      left: false,
      shown: 10,
      bad: ["prompt_limit.max_prompt_chars uint32.gte_lte"],
    });
  });

  for (const kind of ["policy", "operation"]) {
    it(`touch what the list says: ${kind}`, () => {
      const list = section(`## Add ${kind === "policy" ? "a" : "an"} ${kind}`);
      const unnamed = touched[kind]?.filter(
        (path) =>
          ![basename(path), `${basename(dirname(path))}/`].some((name) => list.includes(name)),
      );
      expect(unnamed).toEqual([]);
    });
  }

  it("take a message, a file and a line", () => {
    expect(touched.policy).toEqual([
      "proto/parlance/config/v1/config.proto",
      "proto/parlance/config/v1/prompt_limit.proto",
      "src/pipeline.ts",
      "src/policies/prompt-limit.ts",
    ]);
  });

  it("take four files of the operation's own and a line in six others", () => {
    const own = /label/;
    expect(touched.operation?.filter((path) => own.test(path))).toHaveLength(4);
    expect(touched.operation?.filter((path) => !own.test(path))).toEqual([
      "src/adapters/catalog/rows/built-in-rows.ts",
      "src/adapters/openai-chat/index.ts",
      "src/adapters/registry.ts",
      "src/core/operation.ts",
      "src/edge/connect/services/services.ts",
      "src/sim/sim-handler.ts",
    ]);
  });
});
