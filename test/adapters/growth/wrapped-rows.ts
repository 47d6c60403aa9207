import { anthropicRows } from "./anthropic-rows.ts";
import { openAiChatRows } from "./openai-chat-rows.ts";
import { otherRows } from "./other-rows.ts";
import { type DialectRows, frame, many, stream, type WireFrame, type WireRow } from "./row.ts";

/** What a container's stream is cut into: pieces of so many bytes, each a frame of the service. */
function parts(text: string, bytes: number): WireFrame[] {
  const whole = Buffer.from(text);
  return many(Math.ceil(whole.length / bytes), (at) => ({
    event: "PayloadPart",
    data: whole.subarray(at * bytes, (at + 1) * bytes),
  }));
}

function printSse(frames: readonly WireFrame[]): string {
  return frames.map(({ data }) => `data: ${Buffer.from(data).toString()}\n\n`).join("");
}

const longLine = (n: number) =>
  printSse([frame({ id: "a", choices: [{ index: 0, delta: { content: "a".repeat(n) } }] })]);

function endpointRows(inner: readonly WireRow[]): WireRow[] {
  return inner
    .filter((row) => row.kind === "stream")
    .slice(0, 2)
    .map((row) => stream(`${row.title}, cut anywhere`, (n) => parts(printSse(row.frames(n)), 7)));
}

function rowsOf(dialect: string): readonly WireRow[] {
  return otherRows.find((rows) => rows.dialect === dialect)?.rows ?? [];
}

/** Dialects inside of another's frames. */
export const wrappedRows: readonly DialectRows[] = [
  {
    dialect: "bedrock-invoke",
    rows: anthropicRows.rows
      .filter((row) => row.kind === "stream")
      .slice(0, 3)
      .map((row) =>
        stream(row.title, (n) =>
          row
            .frames(n)
            .map(({ data }) => frame({ bytes: Buffer.from(data).toString("base64") }, "chunk")),
        ),
      ),
  },
  {
    dialect: "sagemaker-chat",
    rows: [
      ...endpointRows(openAiChatRows.rows),
      stream("bytes of one line, each a part", (n) => [
        ...parts(longLine(n), 1),
        ...parts("data: [DONE]\n\n", 99),
      ]),
      stream("lines of one part", (n) => parts(longLine(1).repeat(n), 1 << 24)),
    ],
  },
  { dialect: "sagemaker-tgi", rows: endpointRows(rowsOf("huggingface-tgi")) },
];
