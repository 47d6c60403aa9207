import { describe, expect, it } from "vitest";
import { loadEveryDialect } from "../../src/adapters/dialects.ts";
import { expectCheap, expectLinear } from "../cpu-growth.ts";
import { grownBodies } from "./grown-bodies.ts";
import { wireRequests } from "./wire-requests.ts";

const dialects = await loadEveryDialect();

/** Vendors of a dialect that take less of it, so that bodies are looked into. */
const quirks: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "openai-chat": { reasoningField: "none", toolIds: "short", embedShape: "voyage" },
};

for (const { title, dialect, operation, body, decode } of wireRequests) {
  describe(title, () => {
    const read = (json: typeof body) => decode(json, Buffer.from(JSON.stringify(json)));
    const grown = grownBodies(body);

    it("is read whole, and as much of it when it grows", () => {
      expect(read(body)).toMatchObject({ ok: true });
      expect(grown.filter(({ grow }) => read(grow(2)).ok).length / grown.length).toBeGreaterThan(
        0.7,
      );
    });

    it("is read in time that grows with it, whatever of it grows", { timeout: 300_000 }, () => {
      for (const { title: what, grow } of grown) {
        expectLinear(`${title}: ${what}`, (size) => {
          const json = grow(size);
          const bytes = Buffer.from(JSON.stringify(json));
          return () => decode(json, bytes);
        });
      }
    });

    it("passes on in time that grows with it, whatever of it grows", { timeout: 300_000 }, () => {
      const passthrough = dialects.get(dialect)?.passthrough;
      const options = { model: "some-model", stream: true, quirks: quirks[dialect] ?? {} };
      for (const { title: what, grow } of grown.filter(({ holdsMany }) => holdsMany)) {
        expectLinear(`${title}: ${what}`, (size) => {
          const json = grow(size);
          const body = Buffer.from(JSON.stringify(json));
          return () => [
            passthrough?.fit?.(operation, { body, json }, options),
            passthrough?.request(operation, body, options),
          ];
        });
      }
    });

    it("holds nobody up for long", { timeout: 300_000 }, () => {
      for (const { title: what, grow } of grown.filter(({ holdsMany }) => holdsMany)) {
        const json = grow(2000);
        const bytes = Buffer.from(JSON.stringify(json));
        expectCheap(`${title}: ${what}`, bytes.length, () => decode(json, bytes));
      }
    });
  });
}
