import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ChatService,
  CompleteRequestSchema,
} from "../../../gen/parlance/chat/v1/chat_service_pb.js";
import { EmbedRequestSchema } from "../../../gen/parlance/embed/v1/embed_service_pb.js";
import { createMessageScan } from "../../../src/edge/connect/message-bounds.ts";
import { createRequestDecoder } from "../../../src/edge/connect/request-decoder.ts";
import { withDefaultRpcOptions } from "../../../src/edge/connect/rpc-options.ts";

const mib = 1024 * 1024;
const scan = createMessageScan(CompleteRequestSchema);

/** CPU time of this process in milliseconds while `run` runs. */
function cpuMs(run: () => unknown): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

/** A field that has a length: its tag, the length and the bytes. */
function field(number: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(bytes.length)]), bytes]);
}

/** The chat of a request, of whose fields some are repeated. */
function request(...fields: readonly Uint8Array[]): Buffer {
  return field(1, Buffer.concat(fields));
}

function repeated(bytes: readonly number[], size: number): Buffer {
  return Buffer.alloc(Math.floor(size / bytes.length) * bytes.length, Buffer.from(bytes));
}

const messages = 2;
const metadata = numberOf("metadata");
const model = numberOf("model");

function numberOf(name: string): number {
  const chat = CompleteRequestSchema.fields.find((member) => member.name === "chat")?.message;
  return chat?.fields.find((member) => member.name === name)?.number ?? Number.NaN;
}

describe("a message of 62 MiB is refused before it is decoded", () => {
  const cases: readonly (readonly [string, () => Buffer])[] = [
    ["empty messages in a list", () => request(repeated([messages * 8 + 2, 0], 62 * mib))],
    ["a field again and again", () => request(repeated([model * 8 + 2, 0], 62 * mib))],
    ["entries of a map", () => request(repeated([...varint(metadata * 8 + 2), 0], 62 * mib))],
    ["names in one entry of a map", () => request(field(metadata, repeated([10, 0], 62 * mib)))],
    ["fields that nobody knows", () => request(repeated([0xf8, 0x7e, 0], 62 * mib))],
  ];
  for (const [title, make] of cases) {
    test(title, () => {
      const bytes = make();
      // Messages took 22 s and 6 GB.
      expect(
        cpuMs(() => expect(scan(bytes)).toMatch(/^more than 8000000 values .* at byte \d+$/)),
      ).toBeLessThan(3000);
    });
  }
});

describe("what is large for a good reason passes", () => {
  test("an image of 60 MB", () => {
    const image = { source: { case: "data", value: new Uint8Array(60_000_000) } } as const;
    const parts = [{ content: { case: "image", value: image } }] as const;
    const message = create(CompleteRequestSchema, {
      chat: { model: "m", messages: [{ parts: [...parts] }] },
    });
    expect(scan(toBinary(CompleteRequestSchema, message))).toBeUndefined();
  });

  test("7 million token ids", () => {
    const ids = Array<number>(7_000_000).fill(100_000);
    const inputs = [{ input: { case: "tokens", value: { ids } } } as const];
    const bytes = toBinary(
      EmbedRequestSchema,
      create(EmbedRequestSchema, { spec: { model: "m", inputs } }),
    );
    expect(createMessageScan(EmbedRequestSchema)(bytes)).toBeUndefined();
  });
});

describe("what the decoder may read otherwise than the scan is refused", () => {
  const cases: readonly (readonly [string, Buffer, RegExp])[] = [
    [
      "a message that ends after the one it is in",
      request(Buffer.from([messages * 8 + 2, 5, 0])),
      /ends after its message/,
    ],
    ["a field of another wire type", request(Buffer.from([messages * 8, 5])), /wire type/],
    ["a group", Buffer.from([0xfb, 0x7e, 0xfc, 0x7e]), /group/],
    ["a value without an end", Buffer.from([0xf8]), /at byte/],
    ["too many open messages", nested(102), /nested deeper than 100 messages/],
  ];
  for (const [title, bytes, why] of cases) test(title, () => expect(scan(bytes)).toMatch(why));
});

/**
 * A tool result in a tool result in a tool result: the one place where messages can hold their own
 * kind.
 */
function nested(depth: number): Buffer {
  let bytes: Buffer = Buffer.alloc(0);
  for (let level = 0; level < depth; level += 1) bytes = field(level % 2 === 0 ? 7 : 2, bytes);
  return request(field(messages, bytes));
}

test("any request that was encoded passes, and any bytes that pass are counted in full", () => {
  const text = fc.string();
  const requests = fc.array(fc.tuple(text, fc.array(text), fc.nat(4))).map((rows) =>
    create(CompleteRequestSchema, {
      chat: {
        model: "m",
        metadata: Object.fromEntries(rows.map(([key]) => [key, key])),
        messages: rows.map(([name, words, role]) => ({
          name,
          role,
          parts: words.map(
            (word) => ({ content: { case: "text", value: { text: word } } }) as const,
          ),
        })),
      },
    }),
  );
  fc.assert(
    fc.property(requests, (message) => {
      const bytes = toBinary(CompleteRequestSchema, message);
      expect(scan(bytes)).toBeUndefined();
      const chat = message.chat;
      const parts = chat?.messages.reduce((sum, one) => sum + one.parts.length, 0) ?? 0;
      const count =
        1 + (chat?.messages.length ?? 0) + 2 * parts + Object.keys(chat?.metadata ?? {}).length;
      expect(createMessageScan(CompleteRequestSchema, { maxValues: count * 40 })(bytes)).toMatch(
        /more than/,
      );
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      if (scan(bytes) !== undefined) return;
      try {
        fromBinary(CompleteRequestSchema, bytes);
      } catch (error) {
        // What a value says is for the decoder: text that is not UTF-8.
        expect(String(error)).toMatch(/utf-?8|decod|varint/i);
      }
    }),
  );
});

describe("a request that cannot be decoded", () => {
  const { complete } = ChatService.method;
  const options = withDefaultRpcOptions({});
  const cases: readonly (readonly [string, boolean, () => Buffer, Code, RegExp])[] = [
    [
      "deep JSON",
      false,
      () => Buffer.from(`{"chat":${"[".repeat(62 * mib)}`),
      Code.InvalidArgument,
      /nested deeper than 512 levels at line 1, column 520 \(byte 519\)/,
    ],
    [
      "JSON of many messages",
      false,
      () => Buffer.from(`{"chat":{"messages":[${"{},".repeat(20 * mib)}{}]}}`),
      Code.InvalidArgument,
      /more than 4000000 values/,
    ],
    [
      "JSON that is cut",
      false,
      () => Buffer.from('{"chat":'),
      Code.InvalidArgument,
      /the text ends too early at line 1/,
    ],
    ["JSON of another form", false, () => Buffer.from('{"chat":5}'), Code.InvalidArgument, /chat/],
    [
      "many messages",
      true,
      () => request(repeated([messages * 8 + 2, 0], 62 * mib)),
      Code.InvalidArgument,
      /more than 8000000 values/,
    ],
  ];
  for (const [title, binary, make, code, message] of cases) {
    test(`is refused with what is wrong: ${title}`, () => {
      const bytes = make();
      const decode = createRequestDecoder(complete, binary, options);
      let thrown: unknown;
      const spent = cpuMs(() => {
        try {
          decode(bytes);
        } catch (error) {
          thrown = error;
        }
      });
      expect(spent).toBeLessThan(3000);
      const error = ConnectError.from(thrown);
      expect(error.code).toBe(code);
      expect(error.cause).toMatchObject({ message: expect.stringMatching(message) });
    });
  }
});
