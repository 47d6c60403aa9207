import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { FieldOutcome, FieldReportSchema } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { UsageSchema } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { CacheEntry } from "../../../src/core/cache/entry-store.ts";
import { decodeEntry, encodeEntry } from "../../../src/state/cache/entry-bytes.ts";
import { createEntryEnvelope } from "../../../src/state/cache/entry-envelope.ts";

const entry: CacheEntry = {
  key: "k",
  model: "m",
  principal: "one",
  team: "",
  storedMs: 1_700_000_000_000,
  ttlMs: 1000,
  staleMs: 0,
  provider: "p",
  vendorModel: "x",
  dialect: "d",
  report: [
    create(FieldReportSchema, { field: "f", outcome: FieldOutcome.MAPPED, note: "n" }),
    create(FieldReportSchema, { field: "g" }),
  ],
  form: "events",
  payload: Buffer.from("a payload"),
  usage: create(UsageSchema, { inputTokens: 3n }),
};

describe("the bytes of a stored answer", () => {
  const { usage: _, ...bare } = entry;
  const entries: readonly CacheEntry[] = [
    entry,
    { ...bare, report: [], form: "result", payload: new Uint8Array() },
  ];
  for (const one of entries)
    it(`hold all of it, ${one.form}`, () => {
      const back = decodeEntry(encodeEntry(one));
      expect({ ...back, payload: Buffer.from(back?.payload ?? "") }).toEqual({
        ...one,
        payload: Buffer.from(one.payload),
      });
    });

  it("are none where any are missing or too many", () => {
    const bytes = encodeEntry(entry);
    for (let length = 0; length < bytes.length; length += 1)
      expect(decodeEntry(bytes.subarray(0, length))).toBe(undefined);
    expect(decodeEntry(Buffer.concat([bytes, Buffer.from("x")]))).toBe(undefined);
  });

  it("are none where a time is not a number", () => {
    expect(decodeEntry(encodeEntry({ ...entry, ttlMs: Number.NaN }))).toBe(undefined);
  });
});

describe("an envelope", () => {
  const bytes = Buffer.from("an answer");
  const envelopes = [
    ["plain", createEntryEnvelope(undefined)],
    ["encrypted", createEntryEnvelope(Buffer.alloc(32, 1))],
  ] as const;
  for (const [title, envelope] of envelopes) {
    it(`gives back what it was sealed with, ${title}`, () =>
      expect(Buffer.from(envelope.open("k", envelope.seal("k", bytes)) ?? "")).toEqual(bytes));

    it(`does not open with any bit changed or byte cut, ${title}`, () => {
      const sealed = envelope.seal("k", bytes);
      for (let at = 0; at < sealed.length; at += 1) {
        const changed = Buffer.from(sealed);
        changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
        expect(envelope.open("k", changed)).toBe(undefined);
        expect(envelope.open("k", sealed.subarray(0, at))).toBe(undefined);
      }
    });
  }

  it("is opened by its own kind and key alone", () => {
    const all = [undefined, Buffer.alloc(32, 1), Buffer.alloc(32, 2)].map(createEntryEnvelope);
    for (const one of all)
      for (const other of all)
        expect(other.open("k", one.seal("k", bytes)) !== undefined).toBe(one === other);
  });

  it("is of one entry where it is encrypted, and never the same twice", () => {
    const [, [, envelope]] = envelopes;
    expect(envelope.open("l", envelope.seal("k", bytes))).toBe(undefined);
    expect(envelope.seal("k", bytes)).not.toEqual(envelope.seal("k", bytes));
  });
});
