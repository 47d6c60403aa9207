import { describe, expect, it } from "vitest";
import { startGateway } from "../emulation/start-gateway.ts";
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
async function ask({ row, client }: (typeof ways)[number]): Promise<Asked> {
  const vendor = await startStallingVendor(row);
  const gateway = await startGateway({
    providers: {
      slow: vendor.provider,
      backup: { kind: "sim" },
    },
    models: [{ name: "both", targets: [{ model: "slow/m" }], fallbacks: ["backup/echo"] }],
  });
  const reply = fetch(`${gateway.url}${client.path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(client.body),
  });
  return { vendor, reply };
}

const targetOf = (reply: Response): string | null => reply.headers.get("x-parlance-target");

for (const place of ways) {
  const { row, way } = place;
  const silence = Buffer.concat([row.comment, row.opener, row.ping ?? row.comment, row.unknown, row.empty, row.empty]);

  describe(`a stream of ${row.name}, ${way}`, () => {
    for (const [title, end] of [
      ["reports a failure", (vendor) => void vendor.write(row.error)],
      ["breaks", (vendor) => void vendor.destroy()],
      ["ends", (vendor) => void vendor.end()],
    ] satisfies readonly (readonly [string, (vendor: Awaited<ReturnType<StallingVendor["stream"]>>) => void])[]) {
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
        if (way === "untouched") expect(read.toString("latin1")).toBe(sent.toString("latin1"));
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
      if (way === "untouched") expect(text).toBe(Buffer.concat([silence, row.finish]).toString());
    });
  });
}
