import type { ServerResponse } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { World } from "../../src/composition/world.ts";
import { createFakeClock } from "../fake-clock.ts";
import { startGateway } from "../policies/emulation/start-gateway.ts";
import { type OpeningRow, openingRows } from "./opening-rows.ts";
import { type StallingVendor, startStallingVendor } from "./start-stalling-vendor.ts";

/** How a client asks that is translated. */
const foreign = (row: OpeningRow): NonNullable<OpeningRow["client"]> => {
  const ask = { model: "both", stream: true, messages: [{ role: "user", content: "hi" }] };
  return row.name === "openai-chat"
    ? { path: "/v1/messages", body: { ...ask, max_tokens: 9 } }
    : { path: "/v1/chat/completions", body: ask };
};

/** Each dialect with each kind of client that it can have. */
const ways = openingRows.flatMap((row) => [
  { row, way: "translated", client: foreign(row) },
  ...(row.client === undefined ? [] : [{ row, way: "untouched", client: row.client }]),
]);

interface Asked {
  readonly vendor: StallingVendor;
  readonly reply: Promise<Response>;
}

/** A gateway whose model falls back from the vendor to the simulator, asked for a stream. */
async function ask(
  { row, client }: (typeof ways)[number],
  world: Partial<World> = {},
): Promise<Asked> {
  const vendor = await startStallingVendor(row);
  const gateway = await startGateway(
    {
      providers: {
        slow: { ...vendor.provider, timeouts },
        backup: { kind: "sim" },
      },
      models: [{ name: "both", targets: [{ model: "slow/m" }], fallbacks: ["backup/echo"] }],
    },
    world,
  );
  const reply = fetch(`${gateway.url}${client.path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(client.body),
  });
  return { vendor, reply };
}

/** Those of the vendor, as the clock of a test counts them. */
const timeouts = { first_token: "10s", idle: "4s" };

/** Writes to a stream, and lets the gateway read it: both are turns of this process. */
async function write(stream: ServerResponse, piece: Buffer): Promise<void> {
  await new Promise<void>((resolve) => stream.write(piece, () => resolve()));
  for (let turns = 0; turns < 10; turns += 1) await turn();
}

/** The numbers of events, which must rise, are counted anew where one comes twice. */
const numberless = (text: Buffer | string): string =>
  text.toString().replaceAll(/"sequence_number":\d+/g, '"sequence_number":0');

const targetOf = (reply: Response): string | null => reply.headers.get("x-parlance-target");

for (const place of ways) {
  const { row, way } = place;
  const silence = Buffer.concat([
    row.comment,
    row.opener,
    row.ping ?? row.comment,
    row.unknown,
    row.empty,
    row.empty,
  ]);

  describe(`a stream of ${row.name}, ${way}`, () => {
    for (const [title, end] of [
      ["reports a failure", (vendor) => void vendor.write(row.error)],
      ["breaks", (vendor) => void vendor.destroy()],
      ["ends", (vendor) => void vendor.end()],
    ] satisfies readonly (readonly [
      string,
      (vendor: Awaited<ReturnType<StallingVendor["stream"]>>) => void,
    ])[]) {
      it(`that ${title} before its first content is left for the fallback`, async () => {
        const { vendor, reply } = await ask(place);
        const stream = await vendor.stream();
        await new Promise<void>((resolve) => stream.write(silence, () => resolve()));
        end(stream);
        const answered = await reply;
        const text = await answered.text();
        expect([answered.status, targetOf(answered)]).toEqual([200, "backup/echo"]);
        expect(text).not.toContain("slow");
        expect(answered.headers.get("x-parlance-attempts")).toBe("2");
      });
    }

    const says: readonly (readonly [title: string, once: Buffer, forEver: Buffer | undefined])[] = [
      ["comments for ever", row.comment, row.comment],
      ["an opener and nothing more", row.opener, undefined],
      ["an opener and comments for ever", row.opener, row.comment],
      ["unknown frames and nothing more", row.unknown, undefined],
      ["unknown frames for ever", row.unknown, row.unknown],
      ["empty deltas for ever", Buffer.concat([row.opener, row.empty]), row.empty],
      ...(row.ping === undefined ? [] : [["pings for ever", row.ping, row.ping] as const]),
    ];
    for (const [title, once, forEver] of says) {
      it(`that brings ${title} is left for the fallback at first_token`, async () => {
        const clock = createFakeClock();
        const { vendor, reply } = await ask(place, clock);
        const stream = await vendor.stream();
        await write(stream, once);
        let answers = 0;
        const counted = reply.then((answered) => {
          answers += 1;
          return answered;
        });
        for (let seconds = 0; seconds < 9; seconds += 1) {
          clock.advance(1000);
          if (forEver !== undefined) await write(stream, forEver);
        }
        expect(answers).toBe(0);
        clock.advance(1000);
        const answered = await counted;
        const text = await answered.text();
        expect([answered.status, targetOf(answered)]).toEqual([200, "backup/echo"]);
        expect(text).not.toContain("slow");
      });
    }

    const silent = Buffer.concat([row.comment, row.ping ?? row.comment]);
    it("that brings comments and pings after its first content ends at idle", async () => {
      const clock = createFakeClock();
      const { vendor, reply } = await ask(place, clock);
      const stream = await vendor.stream();
      await write(stream, Buffer.concat([row.opener, row.contents.text ?? expect.unreachable()]));
      const answered = await reply;
      const reader = answered.body?.getReader();
      if (reader === undefined) expect.unreachable();
      let read = Buffer.from((await reader.read()).value ?? []);
      const rest = (async () => {
        for (let next = await reader.read(); !next.done; next = await reader.read()) {
          read = Buffer.concat([read, next.value]);
        }
      })();
      for (let seconds = 0; seconds < 3; seconds += 1) {
        clock.advance(1000);
        await write(stream, silent);
      }
      expect(read.toString("latin1")).not.toContain("stopped for too long");
      clock.advance(1000);
      await rest;
      expect(read.toString("latin1")).toContain("the reply stopped for too long (4000 ms)");
    });

    for (const [title, content] of Object.entries(row.contents)) {
      it(`is handed on with ${title} as its first content, and all that came before it`, async () => {
        const { vendor, reply } = await ask(place);
        const stream = await vendor.stream();
        stream.write(silence);
        stream.write(content);
        const answered = await reply;
        expect(targetOf(answered)).toBe("slow/m");
        const sent = Buffer.concat([silence, content]);
        const reader = answered.body?.getReader();
        let read = Buffer.from((await reader?.read())?.value ?? []);
        while (way === "untouched" && read.length < sent.length) {
          read = Buffer.concat([read, (await reader?.read())?.value ?? expect.unreachable()]);
        }
        if (way === "untouched") expect(numberless(read)).toBe(numberless(sent));
        expect(read.length).toBeGreaterThan(0);
        await reader?.cancel();
      });
    }

    it("that ends well without content is an answer", async () => {
      const { vendor, reply } = await ask(place);
      const stream = await vendor.stream();
      stream.end(Buffer.concat([silence, row.finish]));
      const answered = await reply;
      const text = await answered.text();
      expect(targetOf(answered)).toBe("slow/m");
      if (way === "untouched")
        expect(numberless(text)).toBe(numberless(Buffer.concat([silence, row.finish])));
    });
  });
}
