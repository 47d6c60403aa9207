import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Client, createClient } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ChatSchema } from "../../gen/parlance/chat/v1/chat_pb.js";
import type { MessageSchema } from "../../gen/parlance/chat/v1/message_pb.js";
import {
  type CallRecord,
  ChatService,
  Code,
  ConnectError,
  createGateway,
  ErrorReason,
  faultOf,
  Role,
} from "../../src/library.ts";
import { remoteSubjects } from "./transports.ts";

const config = `
providers:
  sim: { kind: sim }
  openai: { kind: openai, api_key: { value: key-of-the-test } }
  responses: { kind: openai_responses_compatible, base_url: 'http://127.0.0.1:9/v1' }
  anthropic: { kind: anthropic, api_key: { value: key-of-the-test } }
  gemini: { kind: gemini, api_key: { value: key-of-the-test } }
  cohere: { kind: cohere, api_key: { value: key-of-the-test } }
  ollama: { kind: ollama }
`;

interface Request {
  readonly chat?: MessageInitShape<typeof ChatSchema>;
  readonly model?: string;
  readonly text?: string;
}
type MessageInit = MessageInitShape<typeof MessageSchema>;

interface Subject {
  readonly chat: Client<typeof ChatService>;
  readonly records: readonly CallRecord[];
  close(): Promise<void>;
}

async function inProcess(): Promise<Subject> {
  const records: CallRecord[] = [];
  const gateway = await createGateway(config, { onCall: (record) => records.push(record) });
  return { chat: gateway.client, records, close: gateway.close };
}

const subjects: readonly (readonly [name: string, open: () => Promise<Subject>])[] = [
  ["in process", inProcess],
  ...remoteSubjects.map(([name, open]) => {
    const opened = async (): Promise<Subject> => {
      const { transport, ...subject } = await open(config);
      return { ...subject, chat: createClient(ChatService, transport) };
    };
    return [name, opened] as const;
  }),
];

const part = (text: string) => ({ content: { case: "text", value: { text } } }) as const;
const long = (role: Role, ...texts: string[]): MessageInit => ({ role, parts: texts.map(part) });
const short = (role: Role, text: string): MessageInit => ({ role, text });
const { SYSTEM, USER, ASSISTANT } = Role;

/** A request in short forms, and the same written out. */
const pairs: readonly (readonly [title: string, short: Request, long: Request])[] = [
  [
    "a model and a text",
    { model: "sim/echo", text: "Grüße" },
    { chat: { model: "sim/echo", messages: [long(USER, "Grüße")] } },
  ],
  [
    "the text of a message",
    { chat: { model: "sim/echo", messages: [short(USER, "hello")] } },
    { chat: { model: "sim/echo", messages: [long(USER, "hello")] } },
  ],
  [
    "texts beside parts of other messages",
    {
      chat: {
        model: "sim/echo",
        n: 2,
        messages: [
          short(SYSTEM, "be brief"),
          long(USER, "a", "b"),
          short(ASSISTANT, "c"),
          short(USER, "d"),
        ],
      },
    },
    {
      chat: {
        model: "sim/echo",
        n: 2,
        messages: [
          long(SYSTEM, "be brief"),
          long(USER, "a", "b"),
          long(ASSISTANT, "c"),
          long(USER, "d"),
        ],
      },
    },
  ],
];

const refused: readonly (readonly [title: string, request: Request, fields: readonly string[]])[] =
  [
    [
      "a message with text and parts",
      {
        chat: {
          model: "sim/echo",
          messages: [
            long(USER, "a"),
            { ...long(USER, "a"), text: "b" },
            { ...long(USER, "c"), text: "d" },
          ],
        },
      },
      ["chat.messages[1].text", "chat.messages[2].text"],
    ],
    [
      "a chat beside the short form",
      { model: "sim/echo", text: "b", chat: { model: "sim/echo", messages: [long(USER, "a")] } },
      ["model", "text"],
    ],
    [
      "a chat beside a text",
      { text: "b", chat: { model: "sim/echo", messages: [long(USER, "a")] } },
      ["text"],
    ],
    ["a model without a text", { model: "sim/echo" }, ["text"]],
    ["a text without a model", { text: "hello" }, ["model"]],
    ["nothing", {}, ["chat.model", "chat.messages"]],
  ];

for (const [name, open] of subjects)
  describe(`short forms ${name}`, () => {
    let subject: Subject;
    beforeAll(async () => {
      subject = await open();
    });
    afterAll(() => subject.close());

    for (const [title, brief, full] of pairs) {
      it(`${title} is answered as what it is short for`, async () => {
        const answer = await subject.chat.complete(brief);
        const expected = await subject.chat.complete(full);
        expect(answer.completion?.choices).toEqual(expected.completion?.choices);
        expect(answer.text).toBe(expected.text);
        expect(answer.text).not.toBe("");
      });

      it(`${title} is streamed, counted and explained alike`, async () => {
        expect(await streamed(subject, brief)).toBe(await streamed(subject, full));
        const { inputTokens } = await subject.chat.countTokens(brief);
        expect(inputTokens).toBe((await subject.chat.countTokens(full)).inputTokens);
        expect(await subject.chat.explain(brief)).toEqual(await subject.chat.explain(full));
      });
    }

    for (const [title, request, fields] of refused)
      it(`${title} is refused in every method, and recorded`, async () => {
        const { complete, countTokens, explain } = subject.chat;
        const before = subject.records.length;
        for (const run of [complete, countTokens, explain, () => streamed(subject, request)]) {
          const error = ConnectError.from(await run(request).catch((thrown: unknown) => thrown));
          expect(error.code).toBe(Code.InvalidArgument);
          const fault = faultOf(error);
          expect(fault?.reason).toBe(ErrorReason.INVALID_REQUEST);
          expect(fault?.fields.map(({ field }) => field)).toEqual(fields);
        }
        expect(subject.records.length).toBeGreaterThan(before);
      });
  });

describe("what vendors get of a short form", () => {
  const models = [
    "openai/gpt-4o",
    "responses/gpt-4o",
    "anthropic/claude-sonnet-4-5",
    "gemini/gemini-2.5-flash",
    "cohere/command-a-03-2025",
    "ollama/llama3.2",
  ];
  for (const model of models)
    it(`${model} gets the same bytes, and nothing is reported`, async () => {
      await using gateway = await createGateway(config);
      const messages = [short(SYSTEM, "be brief"), short(USER, "hello")];
      const written = [long(SYSTEM, "be brief"), long(USER, "hello")];
      const [brief] = (await gateway.client.explain({ chat: { model, messages } })).targets;
      const [full] = (await gateway.client.explain({ chat: { model, messages: written } })).targets;
      expect(brief?.bodyJson).toContain("be brief");
      expect(brief).toEqual(full);
    });
});

it("the text of an answer leaves out what is no text, and other choices", async () => {
  await using gateway = await createGateway(config);
  const { text, completion } = await gateway.client.complete({
    chat: { model: "sim/lorem-3", n: 2, messages: [short(USER, "x")] },
  });
  expect(completion?.choices.length).toBe(2);
  const parts = completion?.choices[0]?.message?.parts ?? [];
  expect(text).toBe(
    parts.map(({ content }) => (content.case === "text" ? content.value.text : "")).join(""),
  );
});

async function streamed({ chat }: Subject, request: Request): Promise<string> {
  let text = "";
  for await (const { event } of chat.streamComplete(request))
    if (event?.event.case === "textDelta") text += event.event.value.text;
  return text;
}
