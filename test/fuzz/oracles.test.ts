import { createServer } from "node:net";
import { join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it, onTestFinished } from "vitest";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { FaultSchema } from "../../gen/parlance/error/v1/fault_pb.js";
import type { AttackReply } from "./client/attack-request.ts";
import { type GatewayProcess, startGatewayProcess } from "./gateway/gateway-process.ts";
import { judgeLine } from "./gateway/judge-output.ts";
import type { Stall } from "./gateway/meter.ts";
import { judgeHoldings, type VendorSide } from "./gateway/rest.ts";
import { judgeReply, type ReplyRules } from "./requests/judge-reply.ts";

const planted = { secrets: ["zq-secret"], prompts: ["zq-prompt"] };

/** A program with faults on demand, and what was noticed of it. */
async function startFaulty() {
  const lines: string[] = [];
  const stalls: Stall[] = [];
  const ended = Promise.withResolvers<string>();
  const process = await startGatewayProcess(
    { argv: [join(import.meta.dirname, "faulty-program.ts")], stallMs: 200 },
    {
      planted,
      onLine: (what) => void lines.push(what),
      onStall: (stall) => void stalls.push(stall),
      onExit: ended.resolve,
    },
  );
  onTestFinished(process.stop);
  await process.ask("reset");
  stalls.length = 0;
  return { process, lines, stalls, ended: ended.promise, start: await process.ask("holdings") };
}

const provoke = ({ port }: GatewayProcess, path: string): Promise<unknown> =>
  fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: "close" } }).then((response) =>
    response.text(),
  );

/** A vendor without calls, or with some that do not end. */
const vendors = (active = 0): VendorSide => ({
  ask: () => Promise.resolve({ active, connections: 0, served: 0, strayed: 0 }),
});

/** With few tries, for these faults do not pass. */
const tries = { steps: 5, stepMs: 20 };

describe("a gateway under attack is caught", () => {
  it("keeping a socket", async () => {
    const { process, start } = await startFaulty();
    const sink = createServer();
    onTestFinished(() => void sink.close());
    const port = await new Promise<number>((resolve) => {
      sink.listen(0, "127.0.0.1", () => {
        const address = sink.address();
        resolve(typeof address === "object" && address !== null ? address.port : 0);
      });
    });
    expect((await judgeHoldings(process, vendors(), start, tries)).problems).toEqual([]);
    for (let count = 0; count < 8; count += 1) await provoke(process, `/socket?x=${port}`);
    const { problems } = await judgeHoldings(process, vendors(), start, tries);
    expect(problems).toContainEqual(expect.stringMatching(/^sockets: /));
  });

  it("keeping memory", async () => {
    const { process, start } = await startFaulty();
    await provoke(process, "/memory");
    const { problems } = await judgeHoldings(process, vendors(), start, tries);
    expect(problems).toEqual([expect.stringMatching(/^heapBytes: /)]);
  });

  it("leaving calls to vendors behind", async () => {
    const { process, start } = await startFaulty();
    const { problems } = await judgeHoldings(process, vendors(3), start, tries);
    expect(problems).toEqual(["3 calls to vendors still run"]);
  });

  it("printing a bug and its stack", async () => {
    const { process, lines } = await startFaulty();
    const printed = process.printed(/x\.ts:1:2/);
    await provoke(process, "/bug");
    await printed;
    expect(lines).toEqual(["a bug was printed", "a stack trace was printed"]);
  });

  it("printing a credential", async () => {
    const { process, lines } = await startFaulty();
    const printed = process.printed(/key zq-secret/);
    await provoke(process, "/say?x=key+zq-secret");
    await printed;
    expect(lines).toEqual(["a credential was printed"]);
  });

  it("blocking its event loop", async () => {
    const { process, stalls } = await startFaulty();
    await provoke(process, "/block");
    const { stretchMs } = await process.ask("usage");
    expect(stretchMs).toBeGreaterThan(300);
    expect(stalls).toEqual([expect.objectContaining({ stallMs: stretchMs })]);
  });

  it("ending", async () => {
    const { process, ended } = await startFaulty();
    await provoke(process, "/crash").catch(() => undefined);
    expect(await ended).toBe("exit code 7");
    await expect(process.ask("usage")).rejects.toThrow("the gateway has gone");
  });
});

it("many short turns of the event loop are no long one", async () => {
  const { process, stalls } = await startFaulty();
  await provoke(process, "/many-short");
  const { stretchMs } = await process.ask("usage");
  expect(stretchMs).toBeLessThan(200);
  expect(stalls).toEqual([]);
});

describe("a line of output", () => {
  const bad: readonly (readonly [line: string, what: string])[] = [
    ["2026-11-29T00:00:00.000Z bug: Error: x", "a bug was printed"],
    ["    at run (file:///src/x.ts:1:2)", "a stack trace was printed"],
    ["    at async file:///src/x.ts:1:2", "a stack trace was printed"],
    ["    at new Promise (<anonymous>)", "a stack trace was printed"],
    ["RangeError: Maximum call stack size exceeded", "an error that nobody caught was printed"],
    [
      "Exception in PromiseRejectCallback: RangeError: x",
      "an error that nobody caught was printed",
    ],
    ["FATAL ERROR: Reached heap limit", "the end of the process was printed"],
    ["(node:12) MaxListenersExceededWarning: x", "a warning of node was printed"],
    ['{"principal":"zq-secret"}', "a credential was printed"],
    ['{"reason":"zq-prompt"}', "words of a prompt were printed"],
  ];
  for (const [line, what] of bad) {
    it(`is bad: ${line}`, () => expect(judgeLine(line, planted)).toBe(what));
  }
  const good: readonly string[] = [
    "parlance 0.1.0 listens on http://127.0.0.1:4000",
    '{"time":"2026-11-29T00:00:00.000Z","model":"a \\" zq-prompt","status":404}',
    "2026-11-29T00:00:00.000Z reload: refused, the config in force stays:",
  ];
  for (const line of good) {
    it(`is good: ${line}`, () => expect(judgeLine(line, planted)).toBeUndefined());
  }
});

describe("a reply", () => {
  const rest: ReplyRules = { secrets: planted.secrets, protocol: undefined };
  const reply = (
    status: number,
    body: string | Buffer,
    more: Partial<AttackReply> = {},
  ): AttackReply => ({
    status,
    headers: [["content-type", "application/json"]],
    body: Buffer.from(body),
    trailers: [],
    ...more,
  });
  const envelope = (flag: number, text: string): Buffer => {
    const head = Buffer.alloc(5, flag);
    head.writeUInt32BE(text.length, 1);
    return Buffer.concat([head, Buffer.from(text)]);
  };
  const fault = (reason: ErrorReason) => {
    const value = Buffer.from(toBinary(FaultSchema, create(FaultSchema, { reason }))).toString(
      "base64",
    );
    return JSON.stringify({
      code: "internal",
      message: "m",
      details: [{ type: "parlance.error.v1.Fault", value }],
    });
  };
  const failed = '{"error":{"code":"internal","message":"m"}}';
  const cases: readonly (readonly [
    title: string,
    reply: AttackReply,
    rules: ReplyRules,
    problems: readonly string[],
  ])[] = [
    ["of status 200 is good", reply(200, "{}"), rest, []],
    ["of status 400 is good", reply(400, "{}"), rest, []],
    ["of status 502 is good", reply(502, "{}"), rest, []],
    ["of status 500 is bad", reply(500, "{}"), rest, ["status 500"]],
    [
      "of status 500 that the vendor said is good",
      reply(500, "{}"),
      { ...rest, saysFailure: true },
      [],
    ],
    ["of a status that is none is bad", reply(999, "{}"), rest, ["status 999"]],
    [
      "with a credential in its body is bad",
      reply(200, "x zq-secret"),
      rest,
      ["a credential in the reply"],
    ],
    [
      "with a credential in its head is bad",
      reply(200, "", { headers: [["x-request-id", "zq-secret"]] }),
      rest,
      ["a credential in the reply"],
    ],
    [
      "with a credential in its trailers is bad",
      reply(200, "", { trailers: [["grpc-message", "zq-secret"]] }),
      rest,
      ["a credential in the reply"],
    ],
    [
      "with a stack trace is bad",
      reply(400, "at run (/app/src/x.ts:1:2)"),
      rest,
      ["a stack trace in the reply"],
    ],
    [
      "with a cookie is bad",
      reply(200, "", { headers: [["set-cookie", "a=b"]] }),
      rest,
      ["a cookie in the reply"],
    ],
    [
      "that is a page is bad",
      reply(200, "", { headers: [["content-type", "text/html"]] }),
      rest,
      ["a reply of type text/html"],
    ],
    [
      "of Connect that is internal is bad",
      reply(500, '{"code":"internal","message":"m 12"}'),
      { ...rest, protocol: "connect" },
      ["RPC Internal: m N"],
    ],
    [
      "of Connect that is unknown is bad",
      reply(500, '{"code":"unknown","message":"m"}'),
      { ...rest, protocol: "connect" },
      ["RPC Unknown: m"],
    ],
    [
      "of Connect with a vendor's fault is good",
      reply(500, fault(ErrorReason.UPSTREAM_MALFORMED)),
      { ...rest, protocol: "connect" },
      [],
    ],
    [
      "of Connect with a fault of our own is bad",
      reply(500, fault(ErrorReason.INTERNAL)),
      { ...rest, protocol: "connect" },
      ["RPC Internal: m"],
    ],
    [
      "of Connect that streams and is internal is bad",
      reply(200, Buffer.concat([envelope(0, "{}"), envelope(2, failed)])),
      { ...rest, protocol: "connect-stream" },
      ["RPC Internal: m"],
    ],
    [
      "of Connect that streams and ends well is good",
      reply(200, Buffer.concat([envelope(0, "{}"), envelope(2, "{}")])),
      { ...rest, protocol: "connect-stream" },
      [],
    ],
    [
      "of gRPC that is internal is bad",
      reply(200, "", {
        trailers: [
          ["grpc-status", "13"],
          ["grpc-message", "m"],
        ],
      }),
      { ...rest, protocol: "grpc" },
      ["RPC Internal: m"],
    ],
    [
      "of gRPC that is refused is good",
      reply(200, "", {
        trailers: [
          ["grpc-status", "3"],
          ["grpc-message", "m"],
        ],
      }),
      { ...rest, protocol: "grpc" },
      [],
    ],
    [
      "of gRPC-Web that is internal is bad",
      reply(200, envelope(0x80, "grpc-status: 13\r\ngrpc-message: m\r\n")),
      { ...rest, protocol: "grpc-web" },
      ["RPC Internal: m"],
    ],
    [
      "of gRPC-Web in base64 that is internal is bad",
      reply(200, envelope(0x80, "grpc-status: 13\r\ngrpc-message: m\r\n").toString("base64")),
      { ...rest, protocol: "grpc-web-text" },
      ["RPC Internal: m"],
    ],
  ];
  for (const [title, each, rules, problems] of cases) {
    it(title, () => expect(judgeReply(each, rules)).toEqual(problems));
  }
});
