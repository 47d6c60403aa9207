import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type JsonObject, parseJson } from "../vendors/json-value.ts";
import type { RecordedRequest } from "../vendors/start-vendor-server.ts";
import { createAnthropicClient } from "./anthropic-client.ts";
import type { Client, Conversation, Outcome, Question } from "./client.ts";
import { createGeminiClient } from "./gemini-client.ts";
import { createOpenAiClient } from "./openai-client.ts";
import { createResponsesClient } from "./responses-client.ts";
import { gatewayKey, type Matrix, startMatrix } from "./start-matrix.ts";
import type { UpstreamRow } from "./upstream-row.ts";
import { anthropicUpstream } from "./upstreams/anthropic.ts";
import { bedrockUpstream } from "./upstreams/bedrock.ts";
import { geminiUpstream } from "./upstreams/gemini.ts";
import { openAiUpstream } from "./upstreams/openai.ts";

const orders: readonly (readonly UpstreamRow[])[] = [
  [openAiUpstream, anthropicUpstream, geminiUpstream, bedrockUpstream],
  [bedrockUpstream, geminiUpstream, anthropicUpstream, openAiUpstream],
  [geminiUpstream, openAiUpstream, bedrockUpstream, anthropicUpstream],
  [anthropicUpstream, bedrockUpstream, openAiUpstream, geminiUpstream],
];

const schema: JsonObject = {
  type: "object",
  properties: { city: { type: "string" }, days: { type: "integer", minimum: 1 } },
  required: ["city", "days"],
  additionalProperties: false,
};
const argumentsOfCall = { city: 'sample "text" \u00fc', days: 1 };

/** What a vendor proves its reasoning with; in these scenarios always the same. */
function proofOf({ thinking }: UpstreamRow): unknown {
  return thinking.broughtBack[0]?.signature;
}

/** An agent whose model is another at every turn. */
class Agent {
  readonly #conversation: Conversation;
  readonly #stream: boolean;
  #model = "";
  /** What the models said, in order. */
  readonly texts: string[] = [];
  /** What the tool answered, in order. */
  readonly answers: string[] = [];

  constructor(client: Client, stream: boolean, text: string) {
    const model = () => this.#model;
    const question: Question = {
      get model() {
        return model();
      },
      system: "Be brief.",
      text,
      tools: [{ name: "get_weather", description: "Tells the weather.", schema }],
    };
    this.#conversation = client.open(question);
    this.#stream = stream;
  }

  say(text: string): void {
    this.#conversation.addUser(text);
  }

  async ask({ name, model }: UpstreamRow, scenario: string): Promise<Outcome> {
    this.#model = `${name}/${model}-${scenario}`;
    const outcome = await this.#conversation.ask({ stream: this.#stream });
    expect(outcome.failure).toBeUndefined();
    expect(outcome.ended).toBe(true);
    if (outcome.text !== "") this.texts.push(outcome.text);
    return outcome;
  }

  /** The model calls the tool, gets its answer and quotes it. */
  async useTool(row: UpstreamRow, answer: string): Promise<void> {
    const { toolCalls } = await this.ask(row, "tools");
    expect(toolCalls.map(({ name, argumentsJson }) => [name, parseJson(argumentsJson)])).toEqual([
      ["get_weather", argumentsOfCall],
    ]);
    this.answers.push(answer);
    this.#conversation.addToolAnswers(toolCalls.map(({ id }) => ({ id, text: answer })));
    const said = await this.ask(row, "tools");
    expect(said.text).toBe(`The tool said: ${answer}`);
  }
}

describe("an agent that hops from vendor to vendor", () => {
  let matrix: Matrix;
  beforeAll(async () => {
    matrix = await startMatrix();
  });
  afterAll(async () => {
    expect(matrix.bugs).toEqual([]);
    await matrix.close();
  });

  /** What the vendor was sent last, of the conversation with this mark. */
  function lastReceived(row: UpstreamRow, mark: string): RecordedRequest {
    const request = matrix
      .upstream(row)
      .vendor.requests.findLast(({ rawBody }) => rawBody.includes(mark));
    if (request === undefined) throw new Error(`${row.name} was not asked`);
    return request;
  }

  /** Every call so far stands there with its result, and every word of every model. */
  function judgeHistory(
    row: UpstreamRow,
    mark: string,
    { texts, answers }: Agent,
    said: number,
  ): void {
    const request = lastReceived(row, mark);
    const { calls, results } = row.readToolTurn(request);
    expect(calls.map(({ name, input }) => [name, input])).toEqual(
      answers.map(() => ["get_weather", argumentsOfCall]),
    );
    expect(results.map(({ text }) => text)).toEqual(answers);
    expect(results.map(({ id }) => id)).toEqual(calls.map(({ id }) => id));
    // A client of Google's sends words in the pieces in which they were streamed.
    const body = request.rawBody.toString().replaceAll('"},{"text":"', "");
    for (const text of texts.slice(0, said))
      expect(body).toContain(JSON.stringify(text).slice(1, -1));
  }

  /**
   * As many proofs of its own come back as the vendor gave; that none is another's the vendor
   * checks itself.
   */
  function judgeProofs(row: UpstreamRow, mark: string, given: number): void {
    const own = proofOf(row);
    if (typeof own !== "string") return;
    const shown = row.thinking
      .read(lastReceived(row, mark))
      .filter(({ signature }) => signature === own);
    expect(shown.length).toBeGreaterThanOrEqual(given);
  }

  let conversations = 0;
  for (const [client, create] of [
    ["the openai SDK", createOpenAiClient],
    ["the anthropic SDK", createAnthropicClient],
    ["the openai SDK by its responses", createResponsesClient],
    ["the Google SDK", createGeminiClient],
  ] as const) {
    for (const order of orders) {
      for (const stream of [false, true]) {
        const way = `${order.map(({ name }) => name).join(", ")}, ${stream ? "streamed" : "unary"}`;
        it(`keeps tools, ids, words and each vendor's proofs through ${client}: ${way}`, async () => {
          conversations += 1;
          const mark = `hop-${conversations}-`;
          const agent = new Agent(create(matrix.url, gatewayKey), stream, mark);
          // Vendors of the same models take each other's proofs.
          const thoughts = new Map<unknown, number>();
          for (const [hop, row] of [...order, ...order].entries()) {
            if (hop > 0) agent.say(`Go on ${hop}.`);
            await agent.useTool(row, `${hop} degrees \u00fc`);
            judgeHistory(row, mark, agent, agent.texts.length - 1);
            judgeProofs(row, mark, thoughts.get(proofOf(row)) ?? 0);
            agent.say(`Think about ${hop}.`);
            const thought = await agent.ask(row, "thinking");
            expect(thought.text).toBe(`You said: Think about ${hop}.`);
            judgeHistory(row, mark, agent, agent.texts.length - 1);
            thoughts.set(proofOf(row), (thoughts.get(proofOf(row)) ?? 0) + 1);
          }
        });
      }
    }
  }
});
