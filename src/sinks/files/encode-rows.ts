import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { reflect } from "@bufbuild/protobuf/reflect";
import { CallEntrySchema } from "../../../gen/parlance/admin/v1/usage_pb.js";
import type { FileFormat } from "../../config/sink-settings.ts";
import { entryOf } from "../../core/ledger/call-entry.ts";
import type { LedgerRow } from "../../core/ledger/ledger-row.ts";
import { callJson } from "../places/call-json.ts";
import { parquetColumns } from "./parquet-columns.ts";

/** Makes one file of rows. */
export interface RowEncoder {
  readonly add: (rows: readonly LedgerRow[]) => void;
  /** The file, whole. */
  readonly end: () => Promise<Uint8Array<ArrayBuffer>>;
}

/** Makes files of a format: lines of JSON, or columns of Parquet. */
export function createRowEncoder(format: FileFormat): RowEncoder {
  return format === "parquet" ? parquetEncoder() : linesEncoder(format === "jsonl.gz");
}

function linesEncoder(compressed: boolean): RowEncoder {
  const lines: string[] = [];
  return {
    add(rows) {
      for (const row of rows) lines.push(`${callJson(row)}\n`);
    },
    async end() {
      const bytes = new TextEncoder().encode(lines.join(""));
      return compressed ? new Uint8Array(await promisify(gzip)(bytes)) : bytes;
    },
  };
}

/** All rows are one group: there are few enough. */
function parquetEncoder(): RowEncoder {
  const columns = parquetColumns(CallEntrySchema);
  const columnData = columns.map(({ name }) => ({ name, data: [] as unknown[] }));
  return {
    add(rows) {
      for (const row of rows) {
        const message = reflect(CallEntrySchema, entryOf(row), false);
        for (const [at, { read }] of columns.entries()) columnData[at]?.data.push(read(message));
      }
    },
    async end() {
      const { ByteWriter, ParquetWriter } = await import("hyparquet-writer");
      const writer = new ByteWriter();
      const root = { name: "call", num_children: columns.length };
      const schema = [root, ...columns.flatMap(({ elements }) => elements)];
      const file = new ParquetWriter({ writer, schema, createdBy: "parlance" });
      file.write({ columnData, rowGroupSize: Math.max(1, columnData[0]?.data.length ?? 0) });
      file.finish();
      return new Uint8Array(writer.getBuffer());
    },
  };
}
