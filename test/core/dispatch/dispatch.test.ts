import { create } from "@bufbuild/protobuf";
import { beforeEach, describe, expect, it } from "vitest";
import { CompletionSchema, FinishReason } from "../../../gen/parlance/chat/v1/completion_pb.js";
import { type Event, EventSchema } from "../../../gen/parlance/chat/v1/event_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { UsageSchema } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { handleCall } from "../../../src/core/attempt.ts";
import type { Body, Call, Piece } from "../../../src/core/call.ts";
import type { Sight } from "../../../src/core/compose.ts";
import type { Dialect, JsonBody } from "../../../src/core/dialect.ts";
import { dispatch } from "../../../src/core/dispatch/dispatch.ts";
import { malformed } from "../../../src/core/faults/fault.ts";
import { GatewayError } from "../../../src/core/faults/gateway-error.ts";
import type { End } from "../../../src/core/life.ts";
import { chat, countTokens } from "../../../src/core/operation.ts";
import type { RawFrame, WireAnswer, WireOutlet } from "../../../src/core/target/outlet.ts";
import type { WireRequest } from "../../../src/core/wire-request.ts";
import { attemptedCall, callOf, chatOf, rejection, requestOf } from "../../calls.ts";

const usage = create(UsageSchema, { inputTokens: 3n, outputTokens: 4n });
const words = (text: string) => new TextEncoder().encode(text);

function textEvent(text: string): Event {
  return create(EventSchema, { event: { case: "textDelta", value: { text } } });
}

const openers: ReadonlyMap<string, readonly Event[]> = new Map([
  ["start", [create(EventSchema, { event: { case: "messageStart", value: { id: "m" } } })]],
  ["empty", [textEvent("")]],
  ["unknown", []],
  ["ping", []],
  ["", []],
]);

/**
 * The smallest dialect there can be: a frame is its text, `usage` tells usage, `end` ends, `boom`
 * fails, `start`, `empty` and `unknown` bring no content, and `ping` and no text keep alive.
 * It stands where a vendor's would, so that what is tested here is the dispatch and no dialect.
 */
const toy: Dialect<{ readonly ended: boolean }> = {
  name: "toy",
  fidelity: {},
  forwardedHeaders: ["toy-version"],
  codecs: {
    chat: {
      encodeRequest: (chat, { model, stream }) => {
        const body = JSON.stringify({ model, stream, said: chat.messages.length });
        return { ok: true, value: { request: post("/toy", body), report: [] } };
      },
      decodeResponse: ({ json }: JsonBody) =>
        typeof json === "object" && json !== null && "said" in json
          ? { ok: true, value: completionOf(String(json.said)) }
          : { ok: false, fault: malformed("no words") },
      stream: {
        begin: () => ({ ended: false }),
        decodeEvent: (state, { data }) => {
          const text = Buffer.from(data).toString("utf8");
          if (text === "boom")
            return {
              ok: false,
              fault: { reason: ErrorReason.UPSTREAM_OVERLOADED, message: "boom" },
            };
          if (text === "end") return { ok: true, state: { ended: true }, events: [] };
          const opener = openers.get(text);
          if (opener !== undefined) return { ok: true, state, events: opener };
          if (text.endsWith("!"))
            return { ok: true, state: { ended: true }, events: [textEvent(text)] };
          if (text === "usage")
            return {
              ok: true,
              state,
              events: [create(EventSchema, { event: { case: "usage", value: usage } })],
            };
          return { ok: true, state, events: [textEvent(text)] };
        },
        keepsAlive: ({ data }) => Buffer.from(data).toString("utf8") === "ping",
        end: ({ ended }) =>
          ended
            ? { ok: true, value: [] }
            : { ok: false, fault: { reason: ErrorReason.UPSTREAM_CUT, message: "cut" } },
      },
    },
  },
  decodeError: (status, _headers, body) => ({
    reason: ErrorReason.UPSTREAM_RATE_LIMITED,
    message: Buffer.from(body).toString("utf8"),
    upstreamStatus: status,
  }),
  passthrough: {
    request: (_operation, body) => post("/toy", body),
    scanUsage: (_operation, { bytes }) => (bytes.includes("free") ? undefined : usage),
    isText: () => true,
    readable: (_operation, { bytes }) => !bytes.includes("odd"),
    watch: () => {
      let ended = false;
      let finished = false;
      return {
        see: ({ data }) => {
          const text = Buffer.from(data).toString("utf8");
          ended ||= text === "end";
          finished ||= text.endsWith("!");
          if (text === "boom")
            return {
              forward: false,
              fault: { reason: ErrorReason.UPSTREAM_OVERLOADED, message: "boom" },
            };
          return text === "usage" ? { forward: false, usage } : { forward: true };
        },
        ended: () => ended || finished,
        missingEnd: () => (ended ? "" : "[missing]"),
      };
    },
  },
};

function post(path: string, body: WireRequest["body"]): WireRequest {
  return { method: "POST", path, headers: ["toy-version", "1"], body };
}

function completionOf(text: string) {
  return create(CompletionSchema, {
    choices: [
      {
        message: { role: Role.ASSISTANT, parts: [{ content: { case: "text", value: { text } } }] },
        finishReason: FinishReason.STOP,
      },
    ],
    usage,
  });
}

interface Reply {
  readonly status?: number;
  readonly contentType?: string;
  readonly body?: string;
  /**
   * Each inner list is one chunk; "DIE" fails the read, and a text that ends in "~" has no end of
   * its own.
   */
  readonly chunks?: readonly (readonly string[])[];
}

let sent: WireRequest[];
let cancelled: number;
/** How many chunks had been read when progress was told. */
let progressed: number[];
let ends: End[];

beforeEach(() => {
  sent = [];
  cancelled = 0;
  progressed = [];
  ends = [];
});

function run(reply: Reply, members: Partial<Call> = {}, sight: Sight = "usage") {
  const outlet: WireOutlet = {
    kind: "wire",
    provider: "acme",
    dialect: toy,
    quirks: {},
    operations: new Set(["chat"]),
    forwardedHeaders: toy.forwardedHeaders,
    alternatives: new Map(),
    families: [],
    send: async (request) => {
      sent.push(request);
      return answerOf(reply);
    },
  };
  const target = { provider: "acme", model: "big" };
  const call = attemptedCall(callOf({ ends, ...members }), target, { outlet });
  return {
    call,
    reply: handleCall(
      call,
      dispatch({})(() => sight),
    ),
  };
}

function answerOf({ status = 200, contentType, body = "", chunks = [] }: Reply): WireAnswer {
  let read = 0;
  return {
    status,
    headers: {
      "content-type": contentType ?? (chunks.length > 0 ? "text/event-stream" : "application/json"),
      "x-request-id": "r1",
    },
    secrets: { clean: (text, maxLength) => text.slice(0, maxLength) },
    bytes: async () => words(body),
    chunks: async function* (): AsyncGenerator<Uint8Array> {
      yield words(body);
    },
    frames: async function* (): AsyncGenerator<readonly RawFrame[]> {
      for (const chunk of chunks) {
        read += 1;
        if (chunk.includes("DIE"))
          throw new GatewayError({ reason: ErrorReason.UPSTREAM_CUT, message: "socket died" });
        yield chunk.map(frameOf);
      }
    },
    progressed: () => void progressed.push(read),
    cancel: () => {
      cancelled += 1;
    },
  };
}

function frameOf(text: string): RawFrame {
  const whole = { event: "", data: words(text), raw: words(`[${text}]`) };
  if (!text.endsWith("~")) return whole;
  const data = words(text.slice(0, -1));
  return { ...whole, data, raw: data, unterminated: true };
}

const streaming = (): Partial<Call> => ({ request: requestOf(chat, chatOf("hi"), true) });
const toyOrigin = {
  origin: { dialect: "toy", body: words('{"said":"as it was"}'), json: {}, wantsUsage: false },
};

/** What a caller gets of an answer: the bytes of each piece, or what it says, and how it ended. */
async function read(body: Body): Promise<readonly string[]> {
  if (body.kind === "whole") return [body.wire === undefined ? "translated" : text(body.wire)];
  const seen: string[] = [];
  try {
    for await (const { events, wire } of body.pieces)
      seen.push(wire === undefined ? said(events) : text(wire));
    return [...seen, "END"];
  } catch (error) {
    return [
      ...seen,
      error instanceof GatewayError
        ? `FAULT ${error.fault.provider} ${error.message}`
        : String(error),
    ];
  }
}

/** The same answer, what it says noted. */
function watched(body: Body, pieces: string[], events: Event[]): Body {
  if (body.kind === "whole") return body;
  const look = async function* (): AsyncGenerator<Piece> {
    for await (const piece of body.pieces) {
      pieces.push(said(piece.events));
      events.push(...piece.events);
      yield piece;
    }
  };
  return { kind: "stream", pieces: look() };
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");

function said(events: readonly Event[]): string {
  return events
    .map(({ event }) => (event.case === "textDelta" ? event.value.text : event.case))
    .join("+");
}

describe("a streamed answer", () => {
  const cases: readonly (readonly [
    title: string,
    chunks: readonly string[][],
    translated: readonly string[],
    untouched: readonly string[],
    end: End,
  ])[] = [
    [
      "is handed on chunk by chunk and settles with its usage",
      [["a"], ["b", "c"], ["usage", "end"]],
      ["a", "b+c", "usage", "END"],
      ["[a]", "[b][c]", "[end]", "END"],
      { kind: "whole", usage },
    ],
    [
      "that ends without its dialect's end is a cut, never a clean end",
      [["a"], ["b"]],
      ["a", "b", "FAULT acme cut"],
      ["[a]", "[b]", "FAULT acme the provider's stream ended before the answer did"],
      {
        kind: "broken",
        fault: { provider: "acme", reason: ErrorReason.UPSTREAM_CUT, message: "cut" },
      },
    ],
    [
      "hands on what came before a failure in the same chunk",
      [["a"], ["b", "boom", "c"], ["d"]],
      ["a", "b", "FAULT acme boom"],
      ["[a]", "[b]", "FAULT acme boom"],
      {
        kind: "broken",
        fault: { provider: "acme", reason: ErrorReason.UPSTREAM_OVERLOADED, message: "boom" },
      },
    ],
  ];
  const more: typeof cases = [
    [
      "that is whole but lacks its dialect's end mark gets it",
      [["a"], ["b!"]],
      ["a", "b!", "END"],
      ["[a]", "[b!]", "[missing]", "END"],
      { kind: "whole" },
    ],
    [
      "whose last frame lacks its blank line gets that too",
      [["a"], ["b!~"]],
      ["a", "b!", "END"],
      ["[a]", "b!\n\n", "[missing]", "END"],
      { kind: "whole" },
    ],
    [
      "that breaks off within a frame does not hand on the torn part",
      [["a"], ['{"b~']],
      ["a", "FAULT acme cut"],
      ["[a]", "FAULT acme the provider's stream ended before the answer did"],
      {
        kind: "broken",
        fault: { provider: "acme", reason: ErrorReason.UPSTREAM_CUT, message: "cut" },
      },
    ],
  ];
  for (const [title, chunks, translated, untouched, end] of [...cases, ...more]) {
    it(`${title}, translated`, async () => {
      const reply = await run({ chunks }, streaming()).reply;
      expect(await read(reply.body)).toEqual(translated);
      expect(ends).toEqual([end]);
    });
    it(`${title}, untouched while its events are looked at`, async () => {
      const reply = await run({ chunks }, { ...streaming(), ...toyOrigin }, "events").reply;
      const pieces: string[] = [];
      const events: Event[] = [];
      const seen = await read(watched(reply.body, pieces, events));
      expect(seen.filter((piece) => piece !== "" && !piece.startsWith("FAULT"))).toEqual(
        untouched.filter((piece) => !piece.startsWith("FAULT")),
      );
      expect(said(events.filter(({ event }) => event.case === "textDelta"))).toBe(
        translated.filter((one) => /^[a-z+!]+$/.test(one) && one !== "usage").join("+"),
      );
      expect(ends).toHaveLength(1);
      expect([ends[0]?.kind, ends[0]?.usage]).toEqual([end.kind, end.usage]);
    });
    it(`${title}, translated where a stage rewrites it`, async () => {
      const reply = await run({ chunks }, { ...streaming(), ...toyOrigin }, "rewrites").reply;
      expect(await read(reply.body)).toEqual(translated);
    });
    it(`${title}, untouched`, async () => {
      const reply = await run({ chunks }, { ...streaming(), ...toyOrigin }).reply;
      expect(await read(reply.body)).toEqual(untouched);
      expect(ends).toHaveLength(1);
      expect([ends[0]?.kind, ends[0]?.usage]).toEqual([end.kind, end.usage]);
    });
  }

  for (const [title, members] of [
    ["translated", streaming()],
    ["untouched", { ...streaming(), ...toyOrigin }],
  ] as const) {
    it(`that fails before its first event rejects, so that another target may be tried, ${title}`, async () => {
      const error = (await rejection(run({ chunks: [["boom"]] }, members).reply)) as GatewayError;
      expect([error.message, error.fault.provider, error.fault.upstreamRequestId]).toEqual([
        "boom",
        "acme",
        "r1",
      ]);
      expect(ends).toMatchObject([{ kind: "broken", fault: { message: "boom" } }]);
      expect(cancelled > 0).toBe(true);
    });

    it(`whose connection dies is reported with the provider's name, ${title}`, async () => {
      const reply = await run({ chunks: [["a"], ["DIE"]] }, members).reply;
      expect((await read(reply.body)).at(-1)).toBe("FAULT undefined socket died");
      expect(ends).toMatchObject([{ kind: "broken", fault: { reason: ErrorReason.UPSTREAM_CUT } }]);
    });

    it(`that its caller leaves is cancelled and settled once, ${title}`, async () => {
      const reply = await run({ chunks: [["a"], ["usage"], ["b"], ["end"]] }, members).reply;
      if (reply.body.kind !== "stream") expect.unreachable();
      for await (const _ of reply.body.pieces) break;
      expect([cancelled, ends]).toEqual([1, [{ kind: "left" }]]);
    });
  }
});

describe("a streamed answer that has brought no content", () => {
  const silent = [["start"], ["empty", "unknown"], ["usage"]];
  const ways = [
    ["translated", streaming()],
    ["untouched", { ...streaming(), ...toyOrigin }],
  ] as const;
  const failures: readonly (readonly [
    title: string,
    chunks: readonly string[][],
    message: string,
  ])[] = [
    ["and reports a failure", [...silent, ["boom"]], "boom"],
    ["and reports a failure in the chunk of its opener", [["start", "boom"]], "boom"],
    ["and whose connection dies", [...silent, ["DIE"]], "socket died"],
    ["and ends without its dialect's end", silent, "cut"],
    ["and breaks off within a frame", [["start"], ['{"b~']], "cut"],
    [
      "and outgrows its bound",
      Array.from({ length: 70_000 }, () => ["empty"]),
      "the provider sent more than 16 MiB before its first content",
    ],
  ];
  for (const [way, members] of ways) {
    for (const [title, chunks, message] of failures) {
      it(`${title} rejects, so that another target may be tried, ${way}`, async () => {
        const error = (await rejection(run({ chunks }, members).reply)) as GatewayError;
        expect([error.message, error.fault.provider]).toEqual([message, "acme"]);
        expect(ends).toMatchObject([{ kind: "broken", fault: { message } }]);
        expect(cancelled).toBeGreaterThan(0);
      });
    }

    it(`and ends well is an answer, ${way}`, async () => {
      const reply = await run({ chunks: [...silent, ["end"]] }, members).reply;
      const held = way === "translated" ? "messageStart++usage" : "[start][empty][unknown][end]";
      expect(await read(reply.body)).toEqual([held, "END"]);
      expect(ends).toEqual([{ kind: "whole", usage }]);
    });

    it(`gets on by its first content, and then by what says something, ${way}`, async () => {
      const chunks = [...silent, ["a"], [""], ["ping", ""], ["ping", "unknown"], ["b"], ["end"]];
      const reply = await run({ chunks }, members).reply;
      expect(progressed).toEqual([4]);
      expect((await read(reply.body)).at(-1)).toBe("END");
      expect(progressed).toEqual([4, 7, 8, 9]);
    });

    it(`is handed on whole and in order with its first content, ${way}`, async () => {
      const reply = await run({ chunks: [...silent, ["a", "b"], ["c"], ["end"]] }, members).reply;
      const [first, ...rest] = await read(reply.body);
      expect(first).toBe(
        way === "translated" ? "messageStart++usage+a+b" : "[start][empty][unknown][a][b]",
      );
      expect(rest).toEqual(way === "translated" ? ["c", "END"] : ["[c]", "[end]", "END"]);
    });
  }
});

describe("a unary answer", () => {
  it("is translated and ends with its usage", async () => {
    const reply = await run({ body: '{"said":"hello"}' }).reply;
    if (reply.body.kind !== "whole") expect.unreachable();
    expect(reply.body.result()).toEqual(completionOf("hello"));
    expect(ends).toEqual([{ kind: "whole", usage }]);
  });

  for (const [way, members] of [
    ["translated", {}],
    ["untouched", toyOrigin],
  ] as const) {
    it(`is in the trail with its status before it ends, ${way}`, async () => {
      const tried: (readonly [count: number, status: number | undefined])[] = [];
      const call = callOf(members);
      call.life.atEnd(() => {
        const { attempts } = call.trace;
        tried.push([attempts.length, attempts[0]?.status]);
      });
      const { trace, life } = call;
      await run({ body: '{"said":"hello"}' }, { ...members, trace, life }).reply;
      expect(tried).toEqual([[1, 200]]);
    });
  }

  it("passes through byte for byte, the caller's version header with the request", async () => {
    const body = ' {"said" : "hello"}\n';
    const header = (name: string) => (name === "toy-version" ? "7" : undefined);
    const reply = await run({ body }, { ...toyOrigin, header }).reply;
    expect(reply.body).toMatchObject({ kind: "whole", wire: words(body) });
    expect(reply.body.kind === "whole" && reply.body.result()).toEqual(completionOf("hello"));
    expect(sent).toEqual([
      { ...post("/toy", toyOrigin.origin.body), headers: ["toy-version", "7"] },
    ]);
  });

  const failures: readonly (readonly [title: string, reply: Reply, message: string])[] = [
    [
      "with an error status is read by the dialect",
      { status: 429, body: "slow down" },
      "slow down",
    ],
    ["that is empty is malformed", {}, "the provider answered with an empty body"],
    [
      "that is a web page is malformed",
      { body: "<html>", contentType: "text/html" },
      "the provider answered with",
    ],
    [
      "that is cut JSON with an error in it is malformed",
      { body: '{"error": {' },
      "the provider answered with a body that is not JSON",
    ],
  ];
  for (const [title, reply, message] of failures) {
    for (const [way, members] of [
      ["translated", {}],
      ["untouched", toyOrigin],
    ] as const) {
      it(`${title}, ${way}`, async () => {
        const { call, reply: running } = run(reply, members);
        const error = (await rejection(running)) as GatewayError;
        expect(error.message).toContain(message);
        expect(call.trace.attempts).toMatchObject([
          { target: { provider: "acme" }, fault: { message: error.fault.message } },
        ]);
      });
    }
  }

  it("that reports a failure under status 200 is a failure, also where bytes pass through", async () => {
    const error = (await rejection(
      run({ body: '{"error":{"message":"no"}}' }, toyOrigin).reply,
    )) as GatewayError;
    expect(error.fault.reason).toBe(ErrorReason.UPSTREAM_RATE_LIMITED);
  });

  it("that the dialect finds no answer in is a failure, also where bytes pass through", async () => {
    for (const body of ['{"free":1}', '{"choices":[{"error":{}}]}']) {
      const error = (await rejection(run({ body }, toyOrigin).reply)) as GatewayError;
      expect(error.fault).toMatchObject({
        reason: ErrorReason.UPSTREAM_MALFORMED,
        message: "no words",
      });
    }
  });

  it("that its caller cannot read is translated: an odd one, and a whole one in place of a stream", async () => {
    const asStream = { ...toyOrigin, ...streaming() };
    for (const [body, members] of [
      ['{"said":"odd"}', toyOrigin],
      ['{"said":"whole"}', asStream],
    ] as const) {
      const { body: answer } = await run({ body }, members).reply;
      if (answer.kind === "whole") {
        expect(answer.wire).toBeUndefined();
        expect(answer.result()).toEqual(completionOf(JSON.parse(body).said));
      } else expect(await read(answer)).toEqual([expect.stringContaining("whole"), "END"]);
    }
  });

  it("may speak of errors without being one", async () => {
    const reply = await run({ body: '{"said":"error","error":null}' }, toyOrigin).reply;
    expect(reply.body).toMatchObject({ wire: expect.anything() });
  });

  it("of an operation that the provider does not serve is refused before anything is sent", async () => {
    const request = requestOf(countTokens, () => expect.unreachable());
    const { call, reply } = run({}, { request });
    const { message } = (await rejection(reply)) as GatewayError;
    expect(message).toBe("provider acme (toy) does not serve the operation count_tokens");
    expect(call.trace.attempts).toMatchObject([
      { target: { provider: "acme" }, fault: { reason: ErrorReason.UNSUPPORTED } },
    ]);
    expect(sent).toEqual([]);
  });
});
