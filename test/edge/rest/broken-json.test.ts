import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { CallRecord } from "../../../src/core/ledger/call-record.ts";
import { reply } from "../../adapters/catalog/drive.ts";
import { type RestGateway, restDialects, startRestGateway } from "../../rest-dialects.ts";
import type { VendorReply } from "../../vendors/vendor-reply.ts";

/**
 * How a vendor may break the text of its answer, all of it within the JSON: the beginning and the
 * end stay well.
 */
const faults: Readonly<Record<string, Buffer>> = {
  "an unescaped quote": Buffer.from('say "it"'),
  "a line end": Buffer.from("one\ntwo"),
  "a bad escape": Buffer.from("C:\\x"),
  "a cut escape": Buffer.from("\\u00"),
  "a byte that no UTF-8 has": Buffer.from([0x61, 0xff]),
};

describe("an answer that is no JSON in the middle", () => {
  let gateway: RestGateway;
  const records: CallRecord[] = [];
  const titles = Object.keys(faults);
  const providers = titles.map((_, at) => String(at));

  beforeAll(async () => {
    const shape = (response: ServerResponse, good: VendorReply, _stream: boolean, at: string) => {
      response.writeHead(good.status, good.headers);
      for (const frame of good.frames)
        response.write(broken(frame, faults[titles[Number(at)] ?? ""]));
      response.end();
    };
    gateway = await startRestGateway(shape, {
      ats: providers,
      world: { record: (record) => void records.push(record) },
    });
  });
  afterAll(() => gateway.close());

  for (const dialect of restDialects) {
    for (const [at, title] of titles.entries()) {
      it(`is a 502 to callers of ${dialect.kind} though nothing is translated: ${title}`, async () => {
        const response = await gateway.ask(dialect, dialect, false, String(at));
        const body = Buffer.from(await response.arrayBuffer()).toString();
        expect([response.status, body.includes(reply)]).toEqual([502, false]);
        expect(JSON.parse(body)).toMatchObject({});
      });

      it(`ends a stream of ${dialect.kind} with the truth: ${title}`, async () => {
        const before = records.length;
        const response = await gateway.ask(dialect, dialect, true, String(at));
        const text = Buffer.from(await response.arrayBuffer()).toString("latin1");
        expect(text).not.toContain(faults[title]?.toString("latin1"));
        expect(text).toMatch(/"error"|"message"/);
        expect(text).not.toMatch(
          /\[DONE\]|message_stop|response\.completed|"done":\s*true|COMPLETE|finishReason/,
        );
        const { fault } = records[before] ?? {};
        expect(fault?.reason).toBe(ErrorReason.UPSTREAM_MALFORMED);
      });
    }
  }
});

describe("a frame without JSON", () => {
  const frames: Readonly<Record<string, string>> = {
    done: "data: [DONE]\n\n",
    ping: "event: ping\ndata: ping\n\n",
    words: "data: [PING]\n\n",
    comment: ": still here\n\n",
    blank: "data:  \n\n",
  };
  let gateway: RestGateway;
  beforeAll(async () => {
    const shape = (response: ServerResponse, good: VendorReply, _stream: boolean, at: string) => {
      response.writeHead(good.status, good.headers);
      for (const [index, frame] of good.frames.entries()) {
        // Behind the whole answer where it ends one, else behind the beginning.
        response.write(frame);
        const place = at === "done" ? good.frames.length - 1 : 0;
        if (index === place) response.write(frames[at]);
      }
      response.end();
    };
    gateway = await startRestGateway(shape, { ats: Object.keys(frames) });
  });
  afterAll(() => gateway.close());

  for (const dialect of restDialects.filter(
    ({ vendorStreams }) => vendorStreams === "text/event-stream",
  )) {
    it(`of ${dialect.kind} is handed on where its clients pass over it, and else breaks the stream off`, async () => {
      for (const at of Object.keys(frames)) {
        const text = await (await gateway.ask(dialect, dialect, true, at)).text();
        const passes = at !== "words" && (at !== "ping" || dialect.kind === "anthropic");
        expect([at, text.includes("a frame of the stream is not JSON")]).toEqual([at, !passes]);
        if (passes) expect(text).toContain(reply);
      }
    });
  }
});

/** A reply with other bytes in place of its text. */
function broken(frame: Buffer, bytes: Buffer = Buffer.alloc(0)): Buffer {
  const at = frame.indexOf(reply);
  if (at === -1) return frame;
  return Buffer.concat([frame.subarray(0, at), bytes, frame.subarray(at + reply.length)]);
}
