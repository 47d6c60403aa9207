import { Agent } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  asObject,
  asObjects,
  asString,
  type Json,
  type JsonObject,
  parseJson,
} from "../vendors/json-value.ts";
import { type AgentModel, agentModels, agentUpstreams } from "./agents/agent-upstreams.ts";
import { post } from "./post.ts";
import { gatewayKey, type Matrix, startMatrix } from "./start-matrix.ts";

const grammar = 'start: "*** Begin Patch" LF hunk+ "*** End Patch" LF?';
const applyPatch = {
  type: "custom",
  name: "apply_patch",
  description: "Edits files.",
  format: { type: "grammar", syntax: "lark", definition: grammar },
};
const docs = {
  type: "namespace",
  name: "mcp__docs",
  description: "Tools of the MCP server docs.",
  tools: [
    {
      type: "function",
      name: "lookup",
      description: "Finds a page.",
      strict: false,
      parameters: { type: "object", properties: { q: { type: "string" } }, required: ["q"] },
    },
  ],
};
const shell = {
  type: "function",
  name: "exec_command",
  description: "Runs a command.",
  strict: false,
  parameters: { type: "object", properties: { cmd: { type: "string" } }, required: ["cmd"] },
};
const search = { type: "web_search" };

/** What the simulated models write into a string. */
const written = 'sample "text" \u00fc';

/** What is called, and what the vendor and the client see of it. */
interface Scene {
  readonly title: string;
  readonly tools: readonly JsonObject[];
  readonly sent: { readonly name: string; readonly input: Json };
  readonly item: JsonObject;
  readonly delta: string;
  readonly text: string;
}

const scenes: readonly Scene[] = [
  {
    title: "a freeform tool",
    tools: [applyPatch, shell, docs, search],
    sent: { name: "apply_patch", input: { input: written } },
    item: { type: "custom_tool_call", name: "apply_patch", input: written },
    delta: "response.custom_tool_call_input.delta",
    text: written,
  },
  {
    title: "a tool of a namespace",
    tools: [docs, shell, applyPatch, search],
    sent: { name: "mcp__docs__lookup", input: { q: written } },
    item: { type: "function_call", name: "lookup", namespace: "mcp__docs" },
    delta: "response.function_call_arguments.delta",
    text: JSON.stringify({ q: written }),
  },
  {
    title: "a function",
    tools: [shell, applyPatch, docs, search],
    sent: { name: "exec_command", input: { cmd: written } },
    item: { type: "function_call", name: "exec_command" },
    delta: "response.function_call_arguments.delta",
    text: JSON.stringify({ cmd: written }),
  },
];

/** Those that speak Responses themselves get the request as it is. */
const native = new Set(["openai", "responses"]);

describe("a client shaped as Codex", () => {
  let matrix: Matrix;
  const agent = new Agent({ keepAlive: true });
  beforeAll(async () => {
    matrix = await startMatrix(agentUpstreams);
  });
  afterAll(async () => {
    agent.destroy();
    expect(matrix.bugs).toEqual([]);
    await matrix.close();
  });

  /** The output of a call, and what its deltas of one kind say. */
  async function ask(body: JsonObject, delta: string) {
    const headers = { authorization: `Bearer ${gatewayKey}`, "content-type": "application/json" };
    const sent = Buffer.from(JSON.stringify(body));
    const reply = await post(agent, `${matrix.url}/v1/responses`, headers, sent);
    const text = reply.body.toString();
    expect(reply.status, text).toBe(200);
    if (body.stream !== true)
      return { output: asObjects(asObject(parseJson(text))?.output), deltas: undefined };
    const events = asObjects(
      text
        .split("\n")
        .filter((line) => line.startsWith("data: {"))
        .map((line) => parseJson(line.slice(6)) ?? null),
    );
    const last = events.findLast(({ type }) => type === "response.completed");
    const deltas = events.filter(({ type }) => type === delta).map((each) => asString(each.delta));
    return { output: asObjects(asObject(last?.response)?.output), deltas: deltas.join("") };
  }

  for (const each of agentModels) {
    const { upstream, model } = each;
    for (const scene of scenes.filter(
      ({ title }) => title === "a function" || !native.has(upstream.name),
    )) {
      for (const stream of [false, true]) {
        it(`calls ${scene.title} in two turns (${upstream.name}/${model}, ${stream ? "stream" : "unary"})`, () =>
          play(each, scene, stream));
      }
    }
  }

  let marks = 0;
  async function play(
    { upstream: row, model }: AgentModel,
    { tools, sent, item, delta, text }: Scene,
    stream: boolean,
  ) {
    marks += 1;
    const mark = `codex-${marks}-`;
    const input: JsonObject[] = [
      { type: "message", role: "user", content: [{ type: "input_text", text: mark }] },
    ];
    const body = {
      model: `${row.name}/${model}-tools`,
      instructions: "You are a coding agent.",
      input,
      tools,
      tool_choice: "auto",
      parallel_tool_calls: false,
      reasoning: { effort: "low", summary: "auto" },
      store: false,
      stream,
      include: ["reasoning.encrypted_content"],
      prompt_cache_key: mark,
    };
    const first = await ask(body, delta);
    const call = first.output.find(({ type }) => type === item.type);
    expect(call).toMatchObject(item);
    const said = asString(call?.input) ?? asString(call?.arguments) ?? "";
    if (item.type === "custom_tool_call") expect(said).toBe(text);
    else expect(parseJson(said)).toEqual(parseJson(text));
    if (stream) expect(first.deltas).toBe(said);

    const output = { type: `${item.type}_output`, call_id: call?.call_id ?? null, output: "done" };
    input.push(...first.output, output);
    const second = await ask(body, delta);
    const message = second.output.find(({ type }) => type === "message");
    expect(asString(asObjects(message?.content)[0]?.text)).toBe("The tool said: done");

    const { vendor } = matrix.upstream(row);
    const seen = vendor.requests.findLast(({ rawBody }) => rawBody.includes(mark));
    if (seen === undefined) throw new Error(`${row.name} was not asked`);
    const turn = row.readToolTurn(seen);
    expect(turn.calls.map(({ name, input: given }) => ({ name, input: given }))).toEqual([sent]);
    expect(turn.results.map((result) => result.text)).toEqual(["done"]);
    const raw = seen.rawBody.toString();
    expect(raw).toContain(JSON.stringify(grammar).slice(1, -1));
    if (native.has(row.name)) expect(asObject(seen.json)?.tools).toEqual(tools);
    else expect(raw).not.toMatch(/"type":"(?:custom|namespace)"/);
  }
});
