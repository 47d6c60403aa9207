import { printEvent } from "../../upstream/print-event-stream.ts";
import type { VendorReply } from "../../vendors/vendor-reply.ts";
import { toTree } from "../mutate/json-tree.ts";
import { failure } from "./bad-heads.ts";
import { type Misbehaviour, replyWith, wholeBody } from "./misbehaviour.ts";
import { editFrames, splitFrames } from "./split-frames.ts";
import type { Wire } from "./wire.ts";

const isAws = ({ headers }: VendorReply): boolean =>
  String(headers["content-type"]).includes("amazon");

/** A frame of the reply's own kind with this JSON. */
function frameOf(good: VendorReply, event: string, value: object): Buffer {
  if (isAws(good)) return printEvent(event, value);
  const type = String(good.headers["content-type"]);
  if (type.includes("ndjson")) return Buffer.from(`${JSON.stringify(value)}\n`);
  return Buffer.from(`event: ${event}\ndata: ${JSON.stringify({ type: event, ...value })}\n\n`);
}

const comment = (good: VendorReply): Buffer =>
  isAws(good) ? printEvent("unknownKeepAlive", {}) : Buffer.from(": keep-alive\n\n");

/** The good frames, changed as a list. */
function list(
  name: string,
  change: (frames: readonly Buffer[], good: VendorReply, wire: Wire) => readonly Buffer[],
  more: Partial<Misbehaviour> = {},
): Misbehaviour {
  return {
    name,
    streamOnly: true,
    ...more,
    play: replyWith((good, wire) => Buffer.concat(change(good.frames, good, wire))),
  };
}

/** A stream that goes on for ever in frames of one kind, after some of the good ones. */
function forEver(
  name: string,
  before: number,
  next: (good: VendorReply, at: number) => Buffer,
  more: Partial<Misbehaviour> = {},
): Misbehaviour {
  return {
    name,
    slow: true,
    streamOnly: true,
    ...more,
    play(wire, good) {
      wire.head(200, good.headers);
      wire.write(Buffer.concat(good.frames.slice(0, before)));
      return wire.drip((at) => next(good, at), 50, 200);
    },
  };
}

/** As fast as it is read, to a bound. */
function flood(
  name: string,
  before: (good: VendorReply) => readonly Buffer[],
  next: (good: VendorReply) => Buffer,
  maxBytes: number,
): Misbehaviour {
  return {
    name,
    slow: true,
    heavy: true,
    streamOnly: true,
    async play(wire, good) {
      wire.head(200, good.headers);
      wire.write(Buffer.concat(before(good)));
      const piece = next(good);
      await wire.pump(() => piece, maxBytes);
      return wire.closed;
    },
  };
}

/** The good stream up to its middle frame, and that one for ever. */
function content(
  name: string,
  play: (wire: Wire, next: () => Buffer) => Promise<void>,
): Misbehaviour {
  return {
    name,
    slow: true,
    heavy: true,
    streamOnly: true,
    async play(wire, good) {
      wire.head(200, good.headers);
      const middle = good.frames.length >> 1;
      wire.write(Buffer.concat(good.frames.slice(0, middle)));
      const said = good.frames[middle] ?? Buffer.alloc(0);
      await play(wire, () => said);
      return wire.closed;
    },
  };
}

/** Every frame's JSON changed in place. */
function edited(name: string, edit: Parameters<typeof editFrames>[2]): Misbehaviour {
  return {
    name,
    play: replyWith((good) => Buffer.concat(editFrames(good.headers, good.frames, edit))),
  };
}

const toolCalls = (count: number): string =>
  JSON.stringify(
    Array.from({ length: count }, (_, index) => ({
      index,
      id: `c${index}`,
      type: "function",
      function: { name: "f", arguments: "{}" },
    })),
  );

/** The choices of a chunk, of a chat completion, with this delta. */
const chunk = (delta: string, more = ""): Buffer =>
  Buffer.from(
    `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":${delta},"finish_reason":null}${more}]}\n\n`,
  );

/** Streams that never say what they should, say it in the wrong order, or do not stop. */
export const badStreams: readonly Misbehaviour[] = [
  forEver("comments-for-ever", 0, comment),
  forEver("comments-for-ever-after-opener", 1, comment),
  forEver("pings-for-ever", 0, (good) => frameOf(good, "ping", {})),
  forEver("pings-for-ever-after-opener", 1, (good) => frameOf(good, "ping", {})),
  forEver("unknown-events-for-ever", 0, (good, at) => frameOf(good, `unknown.event_${at}`, { at })),
  forEver("empty-lines-for-ever", 0, () => Buffer.from("\n")),
  forEver("empty-data-for-ever", 1, () => Buffer.from("data:\n\n")),
  forEver("opener-only-then-silence", 1, () => Buffer.alloc(0)),
  forEver("half-then-silence", 3, () => Buffer.alloc(0)),
  flood(
    "line-for-ever",
    () => [Buffer.from("data: ")],
    () => Buffer.alloc(65_536, 0x78),
    40_000_000,
  ),
  flood(
    "comment-for-ever",
    () => [Buffer.from(":")],
    () => Buffer.alloc(65_536, 0x78),
    40_000_000,
  ),
  flood(
    "data-lines-for-ever",
    () => [],
    () => Buffer.from("data: x\n".repeat(8000)),
    40_000_000,
  ),
  flood(
    "comments-as-fast-as-can-be",
    () => [],
    (good) => Buffer.concat(Array(500).fill(comment(good))),
    20_000_000,
  ),
  flood(
    "after-the-end-for-ever",
    ({ frames }) => frames,
    (good) => Buffer.concat(Array(200).fill(frameOf(good, "ping", {}))),
    20_000_000,
  ),
  content("content-for-ever", (wire, next) => wire.pump(next, 100_000_000)),
  content("content-by-drops", (wire, next) => wire.drip(next, 20, 100_000)),
  list("opener-only", (frames) => frames.slice(0, 1)),
  list("no-end", (frames) => frames.slice(0, -1)),
  list("end-only", (frames) => frames.slice(-1)),
  list("end-twice", (frames) => [...frames, ...frames.slice(-2)]),
  list("frames-after-end", (frames) => [...frames, ...frames]),
  list("backwards", (frames) => frames.toReversed()),
  list("shuffled", (frames, _good, { random }) => random.shuffle(frames)),
  list("one-missing", (frames, _good, { random }) =>
    frames.toSpliced(random.int(frames.length), 1),
  ),
  list("each-twice", (frames) => frames.flatMap((frame) => [frame, frame])),
  list("each-two-hundred-times", (frames) =>
    frames.flatMap((frame) => Array<Buffer>(200).fill(frame)),
  ),
  list("openers-and-ends-in-turn", (frames) =>
    Array(50)
      .fill([frames[0], frames.at(-1)])
      .flat(),
  ),
  list("unknown-events", (frames, good) =>
    frames.flatMap((frame) => [frameOf(good, "unknown.event", { a: 1 }), frame]),
  ),
  list("failure-in-the-middle", (frames, good, wire) => [
    ...frames.slice(0, Math.ceil(frames.length / 2)),
    frameOf(good, "error", JSON.parse(failure(`bad key ${wire.credentials.join(" and ")}`))),
  ]),
  list(
    "failure-at-first",
    (_frames, good, wire) => [
      frameOf(good, "error", JSON.parse(failure(`bad key ${wire.credentials.join(" and ")}`))),
    ],
    { saysFailure: true },
  ),
  list("garbage-in-the-middle", (frames, _good, { random }) =>
    frames.toSpliced(frames.length >> 1, 0, random.bytes(100)),
  ),
  list("returns-for-line-ends", (frames, good) =>
    isAws(good)
      ? frames
      : frames.map((frame) => Buffer.from(frame.toString().replaceAll("\n", "\r"))),
  ),
  list("fields-of-events", (frames, good) =>
    isAws(good)
      ? frames
      : frames.map((frame) =>
          Buffer.from(`id: \u0000\nretry: -1\nunknown: x\nevent\ndata\n${frame.toString()}`),
        ),
  ),
  list("data-in-many-lines", (frames, good) =>
    isAws(good)
      ? frames
      : frames.map((frame) => Buffer.from(frame.toString().replaceAll(",", ",\ndata: "))),
  ),
  list(
    "twenty-thousand-tool-calls",
    (frames) => [
      ...frames.slice(0, 1),
      ...Array.from({ length: 20_000 }, (_, at) =>
        chunk(
          `{"tool_calls":[{"index":${at},"id":"c${at}","type":"function","function":{"name":"f","arguments":"{}"}}]}`,
        ),
      ),
      ...frames.slice(-1),
    ],
    { heavy: true },
  ),
  list("huge-indexes", (frames) => [
    ...frames.slice(0, 1),
    ...[2 ** 31, 2 ** 53, -1, 1e300, 0.5].map((index) =>
      chunk(`{"tool_calls":[{"index":${index},"function":{"name":"f","arguments":"{}"}}]}`),
    ),
    ...frames.slice(-1),
  ]),
  list("ten-thousand-choices", () => [
    Buffer.from(`data: {"id":"c","choices":[${Array(10_000).fill("{}").join(",")}]}\n\n`),
  ]),
  list("choices-with-all-indexes", () => [
    Buffer.from(
      `data: {"id":"c","choices":[${Array.from({ length: 8000 }, (_, index) => `{"index":${index},"delta":{"content":"x"}}`).join(",")}]}\n\n`,
    ),
  ]),
  {
    name: "ten-thousand-choices-at-once",
    play: (wire) =>
      wire.reply(
        200,
        { "content-type": "application/json" },
        `{"id":"c","choices":[${Array(16_000).fill("{}").join(",")}]}`,
      ),
  },
  {
    name: "thirty-thousand-tool-calls-at-once",
    heavy: true,
    play: (wire) =>
      wire.reply(
        200,
        { "content-type": "application/json" },
        `{"id":"c","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":${toolCalls(30_000)}},"finish_reason":"tool_calls"}]}`,
      ),
  },
  edited("lists-empty", (root) => walkLists(root.value, () => [])),
  edited("lists-of-two-thousand", (root) =>
    walkLists(root.value, (items) => Array.from({ length: 2000 }, () => items[0] ?? toTree(null))),
  ),
  {
    name: "byte-by-byte",
    play: async (wire, good) => {
      const body = wholeBody(good);
      wire.head(200, good.headers);
      await wire.pump(
        (at) => (at < body.length ? body.subarray(at, at + 1) : undefined),
        1_000_000,
      );
      wire.end();
    },
  },
  {
    name: "frame-by-frame-then-reset",
    streamOnly: true,
    play: async (wire, good) => {
      wire.head(200, good.headers);
      await wire.drip(
        (at) => splitFrames(good.headers, wholeBody(good))[at],
        2,
        1 + wire.random.int(good.frames.length),
      );
      wire.reset();
    },
  },
];

type Tree = ReturnType<typeof toTree>;

/** Puts other items in every list, the innermost first. */
function walkLists(tree: Tree, change: (items: Tree[]) => Tree[]): void {
  if (tree.kind === "object") for (const { value } of tree.members) walkLists(value, change);
  if (tree.kind !== "array") return;
  for (const item of tree.items.slice(0, 3)) walkLists(item, change);
  // Lists in lists would multiply.
  const nested = tree.items.some(hasList);
  if (!nested) tree.items.splice(0, tree.items.length, ...change([...tree.items]));
}

function hasList(tree: Tree): boolean {
  if (tree.kind === "array") return true;
  return tree.kind === "object" && tree.members.some(({ value }) => hasList(value));
}
