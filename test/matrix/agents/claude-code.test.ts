import { Agent } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asString, type JsonObject, parseJson } from "../../vendors/json-value.ts";
import { thinkingText } from "../../vendors/plan-answer.ts";
import type { RecordedRequest } from "../../vendors/start-vendor-server.ts";
import { type Matrix, startMatrix } from "../start-matrix.ts";
import { anthropicUpstream } from "../upstreams/anthropic.ts";
import { type AgentModel, agentModels, agentUpstreams } from "./agent-upstreams.ts";
import { askAsClaudeCode, type ClaudeCodeReply, claudeCodeBody } from "./claude-code.ts";

const pixel =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const image: JsonObject = {
  type: "image",
  source: { type: "base64", media_type: "image/png", data: pixel },
};
const reminder: JsonObject = {
  type: "text",
  text: "<system-reminder>\nToday's date is 2026-11-29.\n</system-reminder>",
};
/** What the simulated models write into a string. */
const written = 'sample "text" \u00fc';

describe("a client shaped as Claude Code", () => {
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

  let marks = 0;
  function nextMark(): string {
    marks += 1;
    return `claude-code-${marks}-`;
  }

  function ask(
    body: JsonObject,
    path = "/v1/messages?beta=true",
    ...betas: readonly string[]
  ): Promise<ClaudeCodeReply> {
    return askAsClaudeCode(agent, `${matrix.url}${path}`, body, betas);
  }

  function received({ upstream }: AgentModel, mark: string): RecordedRequest {
    const { requests } = matrix.upstream(upstream).vendor;
    const found = requests.findLast(({ rawBody }) => rawBody.includes(mark));
    if (found === undefined) throw new Error(`${upstream.name} was not asked`);
    return found;
  }

  it("passes to its own vendor byte for byte", async () => {
    const mark = nextMark();
    const body = claudeCodeBody("anthropic/claude-opus-4-8-tools", [
      { role: "user", content: [{ type: "text", text: mark }] },
    ]);
    expect(await ask(body)).toMatchObject({ status: 200, fidelity: "" });
    const { requests } = matrix.upstream(anthropicUpstream).vendor;
    const seen = requests.findLast(({ rawBody }) => rawBody.includes(mark));
    expect(seen?.rawBody.toString()).toBe(
      JSON.stringify(body).replace("anthropic/claude-opus-4-8", "claude-opus-4-8"),
    );
    expect(seen?.headers["anthropic-beta"]).toContain("claude-code-20250219");
  });

  for (const each of agentModels) {
    const model = `${each.upstream.name}/${each.model}`;
    const user = (text: string): JsonObject => ({
      role: "user",
      content: [reminder, { type: "text", text, cache_control: { type: "ephemeral" } }],
    });

    describe(model, () => {
      it("runs two tools at once and reads a file and an image", async () => {
        const mark = nextMark();
        const first = [user(mark)];
        const asked = await ask(claudeCodeBody(`${model}-parallel-tools`, first));
        expect(asked).toMatchObject({ status: 200, stopReason: "tool_use", error: undefined });
        const calls = asked.content.filter(({ type }) => type === "tool_use");
        expect(calls.map(({ name, input }) => ({ name, input }))).toEqual([
          { name: "Read", input: { file_path: written } },
          { name: "Bash", input: { command: written } },
        ]);
        const [read, bash] = calls.map(({ id }) => asString(id) ?? "");
        const results: JsonObject[] = [
          {
            type: "tool_result",
            tool_use_id: read ?? "",
            content: [{ type: "text", text: "1\tcontent" }, ...(each.readsImages ? [image] : [])],
          },
          {
            type: "tool_result",
            tool_use_id: bash ?? "",
            content: "Exit code 1",
            is_error: true,
          },
          reminder,
        ];
        const second = [
          ...first,
          { role: "assistant", content: asked.content },
          { role: "user", content: results },
        ];
        const said = await ask(claudeCodeBody(`${model}-parallel-tools`, second));
        expect(said).toMatchObject({ status: 200, error: undefined });
        const turn = each.upstream.readToolTurn(received(each, mark));
        expect(turn.calls.map(({ name, input }) => ({ name, input }))).toEqual(
          calls.map(({ name, input }) => ({ name, input })),
        );
        expect(turn.results.map(({ text }) => text)).toEqual([
          expect.stringContaining("1\tcontent"),
          expect.stringContaining("Exit code 1"),
        ]);
        const pictured = received(each, mark).rawBody.includes(pixel.slice(0, 40));
        if (each.readsImages && !pictured) expect(said.fidelity).toMatch(/messages\[.*DROPPED/);
      });

      it("shows thinking, and brings it back", async () => {
        const mark = nextMark();
        const first = [{ role: "user", content: mark }];
        const body = claudeCodeBody(`${model}-thinking`, first);
        const asked = await ask(body);
        expect(asked).toMatchObject({ status: 200, stopReason: "end_turn", error: undefined });
        expect(asked.text).toContain(mark);
        const thought = asked.content.find(({ type }) => type === "thinking");
        if (thought !== undefined) expect(thought.thinking).toBe(thinkingText);
        const second = [
          ...first,
          { role: "assistant", content: asked.content },
          user(`And ${mark}?`),
        ];
        expect(await ask({ ...body, messages: second })).toMatchObject({
          status: 200,
          stopReason: "end_turn",
          error: undefined,
        });
      });

      it("goes on after a turn that was interrupted", async () => {
        const mark = nextMark();
        const messages: JsonObject[] = [
          { role: "user", content: "Do it." },
          {
            role: "assistant",
            content: [
              { type: "text", text: "I will look." },
              { type: "tool_use", id: "toolu_01", name: "Bash", input: { command: "ls" } },
              { type: "tool_use", id: "toolu_02", name: "Read", input: { file_path: "/a" } },
            ],
          },
          {
            role: "user",
            content: [
              {
                type: "tool_result",
                tool_use_id: "toolu_01",
                content: "The user doesn't want to proceed with this tool use.",
                is_error: true,
              },
              { type: "tool_result", tool_use_id: "toolu_02", content: [], is_error: true },
              { type: "text", text: "[Request interrupted by user for tool use]" },
            ],
          },
          { role: "user", content: [reminder] },
          { role: "user", content: [{ type: "text", text: mark }] },
        ];
        const said = await ask(claudeCodeBody(`${model}-text`, messages));
        expect(said).toMatchObject({ status: 200, stopReason: "end_turn", error: undefined });
        expect(said.text).toContain(mark);
        const turn = each.upstream.readToolTurn(received(each, mark));
        expect(turn.calls).toHaveLength(2);
        expect(turn.results).toHaveLength(2);
      });

      it("reads what a search of tools found", async () => {
        const mark = nextMark();
        const search = {
          type: "tool_use",
          id: "toolu_03",
          name: "ToolSearch",
          input: { query: "docs" },
        };
        const name =
          "mcp__a_server_with_a_long_name__and_a_tool_that_looks_things_up_in_its_documents";
        const found = [{ type: "tool_reference", tool_name: name }];
        const messages: JsonObject[] = [
          user("Find it."),
          { role: "assistant", content: [search] },
          {
            role: "user",
            content: [
              { type: "tool_result", tool_use_id: "toolu_03", content: found },
              { type: "text", text: mark },
            ],
          },
        ];
        const said = await ask(claudeCodeBody(`${model}-text`, messages));
        expect(said).toMatchObject({ status: 200, stopReason: "end_turn", error: undefined });
        expect(said.text).toContain(mark);
        const raw = received(each, mark).rawBody.toString();
        if (!raw.includes("tool_reference")) expect(said.fidelity).toContain("messages[");
      });

      it("is instructed in the middle of a conversation", async () => {
        const mark = nextMark();
        const messages: JsonObject[] = [
          user("Hello."),
          { role: "assistant", content: [{ type: "text", text: "Hello!" }] },
          { role: "user", content: mark },
          { role: "system", content: [{ type: "text", text: "The user is in a hurry." }] },
        ];
        const said = await ask(claudeCodeBody(`${model}-text`, messages));
        expect(said).toMatchObject({ status: 200, stopReason: "end_turn", error: undefined });
        expect(received(each, mark).rawBody.toString()).toContain("The user is in a hurry.");
      });

      it("names a session by a schema, and by a prefill as it did before", async () => {
        const schema = {
          type: "object",
          properties: { title: { type: "string" } },
          required: ["title"],
          additionalProperties: false,
        };
        const { tools: _, thinking: __, ...plain } = claudeCodeBody(`${model}-structured`, []);
        const mark = nextMark();
        const titled = await ask({
          ...plain,
          messages: [{ role: "user", content: [{ type: "text", text: mark }] }],
          temperature: 1,
          output_config: { format: { type: "json_schema", schema } },
        });
        expect(titled).toMatchObject({ status: 200, stopReason: "end_turn", error: undefined });
        // DeepSeek is held to JSON, and to the schema by words alone.
        const title = each.upstream.name === "deepseek" ? expect.anything() : { title: written };
        expect(parseJson(titled.text)).toEqual(title);

        const filled = await ask({
          ...plain,
          model: `${model}-text`,
          messages: [
            { role: "user", content: nextMark() },
            { role: "assistant", content: "{" },
          ],
          output_config: undefined,
          max_tokens: 512,
          stream: false,
        });
        expect(filled).toMatchObject({ status: 200, error: undefined });
      });

      it("probes its quota with one token and counts a prompt", async () => {
        const probe = { role: "user", content: "quota" };
        const { metadata = null } = claudeCodeBody(model, []);
        const body = { model: `${model}-text`, max_tokens: 1, messages: [probe], metadata };
        expect(await ask(body)).toMatchObject({ status: 200, error: undefined });
        const {
          max_tokens: _,
          metadata: __,
          stream: ___,
          ...prompt
        } = claudeCodeBody(`${model}-text`, [user("How long?")]);
        const counted = await ask(prompt, "/v1/messages/count_tokens?beta=true");
        expect(counted).toMatchObject({ status: 200, error: undefined });
      });

      it("searches the web, or is told that nothing can", async () => {
        const mark = nextMark();
        const said = await ask({
          ...claudeCodeBody(`${model}-text`, [{ role: "user", content: mark }]),
          tools: [{ type: "web_search_20250305", name: "web_search", max_uses: 8 }],
          tool_choice: { type: "tool", name: "web_search" },
          thinking: { type: "disabled" },
        });
        if (said.status === 400) {
          expect(asString(said.error?.message)).toMatch(/tools\[0\].*no web search/);
          return;
        }
        expect(said).toMatchObject({ status: 200, stopReason: "end_turn", error: undefined });
        const raw = received(each, mark).rawBody.toString();
        expect(raw).toMatch(/web_search|googleSearch/);
      });

      it("is told that a thread is kept nowhere, so that it sends all", async () => {
        const mark = nextMark();
        const body = {
          ...claudeCodeBody(`${model}-text`, [user(mark)]),
          thread: { type: "create" },
        };
        const said = await ask(body, undefined, "message-threads-2026-08-12");
        if (each.upstream.name === "anthropic") {
          expect(said).toMatchObject({ status: 200, stopReason: "end_turn" });
          return;
        }
        expect(said).toMatchObject({
          status: 400,
          error: {
            type: "invalid_request_error",
            details: { error_code: "thread_unsupported_request", unsupported: ["thread"] },
          },
        });
      });
    });
  }
});
