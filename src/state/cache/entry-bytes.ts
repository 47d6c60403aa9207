import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import {
  type FieldReport,
  FieldReportSchema,
} from "../../../gen/parlance/call/v1/call_report_pb.js";
import { type Usage, UsageSchema } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { CacheEntry } from "../../core/cache/entry-store.ts";

/** A stored answer as bytes: its members one after the other, each in protobuf's encoding. */
export function encodeEntry(entry: CacheEntry): Uint8Array {
  const { key, model, principal, team, provider, vendorModel, dialect } = entry;
  const { storedMs, ttlMs, staleMs, form, payload, usage, report } = entry;
  const writer = new BinaryWriter();
  for (const text of [key, model, principal, team, provider, vendorModel, dialect])
    writer.string(text);
  for (const ms of [storedMs, ttlMs, staleMs]) writer.double(ms);
  writer
    .bool(form === "events")
    .bytes(payload)
    .bool(usage !== undefined);
  if (usage !== undefined) writer.bytes(toBinary(UsageSchema, usage));
  writer.uint32(report.length);
  for (const one of report) writer.bytes(toBinary(FieldReportSchema, one));
  return writer.finish();
}

/** The answer that bytes are of. Undefined where they are none, or more than one. */
export function decodeEntry(bytes: Uint8Array): CacheEntry | undefined {
  try {
    const reader = new BinaryReader(bytes);
    const entry = readEntry(reader);
    const { storedMs, ttlMs, staleMs } = entry;
    const isTimed = [storedMs, ttlMs, staleMs].every((ms) => ms >= 0 && Number.isFinite(ms));
    return isTimed && reader.pos === reader.len ? entry : undefined;
  } catch {
    return undefined;
  }
}

/** Throws where the bytes end too early. */
function readEntry(reader: BinaryReader): CacheEntry {
  // Members are read in the order in which they stand here.
  return {
    key: reader.string(),
    model: reader.string(),
    principal: reader.string(),
    team: reader.string(),
    provider: reader.string(),
    vendorModel: reader.string(),
    dialect: reader.string(),
    storedMs: reader.double(),
    ttlMs: reader.double(),
    staleMs: reader.double(),
    form: reader.bool() ? "events" : "result",
    // A copy, so that an answer does not keep all that came with it from Redis.
    payload: new Uint8Array(reader.bytes()),
    ...readUsage(reader),
    report: readReport(reader),
  };
}

function readUsage(reader: BinaryReader): { readonly usage: Usage } | undefined {
  return reader.bool() ? { usage: fromBinary(UsageSchema, reader.bytes()) } : undefined;
}

function readReport(reader: BinaryReader): readonly FieldReport[] {
  const report: FieldReport[] = [];
  for (let left = reader.uint32(); left > 0; left -= 1)
    report.push(fromBinary(FieldReportSchema, reader.bytes()));
  return report;
}
