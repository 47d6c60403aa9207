// Writes docs/fidelity.md from the tables that the dialects declare.
import { writeFileSync } from "node:fs";
import type { DescMessage } from "@bufbuild/protobuf";
import { loadEveryDialect } from "../src/adapters/dialects.ts";
import { contractFields, isOwnField } from "../src/core/fidelity/contract-fields.ts";
import { type Fidelity, fateOf, outcomes } from "../src/core/fidelity/fidelity.ts";
import type { FidelityTable, FieldFate } from "../src/core/fidelity/fidelity-table.ts";
import { anyModel, withGatewayFates } from "../src/core/fidelity/gateway-fates.ts";
import { declaredOperations, type OperationName } from "../src/core/operation.ts";

const letters: Readonly<Record<string, string>> = {
  forwarded: "F",
  mapped: "M",
  emulated: "E",
  clamped: "C",
  dropped: "D",
  refused: "R",
};

const intro = `# What becomes of each field

Generated from the tables that the dialects declare (\`fidelity.ts\` in each folder of \`src/adapters\`); do not edit.

A caller who speaks the vendor's own dialect loses nothing: its bytes go through. In every other case each field of the
contract is

- **F** forwarded: sent as it is,
- **M** mapped: sent in the vendor's words, or not sent because it is what the vendor does anyway,
- **E** emulated: brought about by other means,
- **C** clamped: sent with the nearest value that the vendor takes,
- **D** dropped: not sent, for the vendor has no such thing,
- **R** refused: the call fails with a typed error that names the field.

Several letters: the value, the model or other fields decide. All but plain forwarding is told in the reply: in
\`CallReport.fidelity\` over Connect and gRPC, in the header \`x-parlance-fidelity\` over REST. With \`strict\` (the header
\`x-parlance-strict: true\`, a key's or a model's setting) C and D fail the call before the vendor is called. The same tables
are answered by \`ModelService.DescribeModel\`. A row stands for its field and all that is inside of it.
`;

/** A table and the dialects that go by it: one declares it, hosts of that dialect share it. */
interface Shared {
  readonly fidelity: Fidelity;
  /** Its rows, with what the gateway does in place of the vendor. */
  readonly table: FidelityTable;
  readonly dialects: readonly [name: string, ...hosts: string[]];
}

/** One operation of every dialect that has it. */
function section(title: string, declared: readonly Shared[]): string {
  const schema = declared[0]?.fidelity.schema;
  if (schema === undefined) return "";
  const overview = fieldsOf(schema).map((field) => {
    const cells = declared.map(({ table }) => lettersOf(fateOf(table, field)));
    return `| \`${field}\` | ${cells.join(" | ")} |`;
  });
  const names = declared.map(({ dialects: [name] }) => name);
  return [
    `## ${title}\n`,
    `| field | ${names.join(" | ")} |`,
    `|---|${names.map(() => "---").join("|")}|`,
    ...overview,
    "",
    ...declared.flatMap(({ table, dialects: [name, ...hosts] }) => [
      `### ${title} in ${name}\n`,
      ...(hosts.length === 0
        ? []
        : [`The same in ${hosts.map((host) => `\`${host}\``).join(", ")}.\n`]),
      ...notes(table),
      "",
    ]),
  ].join("\n");
}

/** Fields of citations and of places are many and alike: their lists stand for them. */
function fieldsOf(schema: DescMessage): readonly string[] {
  const fields = contractFields(schema).filter((field) => !isOwnField(field));
  return [...new Set(fields.map((field) => field.replace(/\.citations\[\].*$/, ".citations")))];
}

function lettersOf(fate: FieldFate | undefined): string {
  return outcomes.map(([word]) => (fate?.[word] === undefined ? "" : letters[word])).join("");
}

function notes(table: FidelityTable): readonly string[] {
  const rows = Object.entries(table).flatMap(([field, fate]) => {
    const told = outcomes.flatMap(([word]) => {
      const note = fate[word];
      return note === undefined || note === ""
        ? []
        : [`**${letters[word]}** ${note.replaceAll("|", "\\|")}`];
    });
    return told.length === 0 ? [] : [`| \`${field}\` | ${told.join("; ")} |`];
  });
  return ["| field | what becomes of it |", "|---|---|", ...rows];
}

const dialects = await loadEveryDialect();

function sharedTables(operation: OperationName): readonly Shared[] {
  const shared = new Map<Fidelity, Shared>();
  for (const [name, dialect] of dialects) {
    const fidelity = dialect.fidelity[operation];
    if (fidelity === undefined) continue;
    const before = shared.get(fidelity);
    const table = before?.table ?? withGatewayFates(dialect, operation, anyModel);
    shared.set(fidelity, {
      fidelity,
      table,
      dialects: before === undefined ? [name] : [...before.dialects, name],
    });
  }
  return [...shared.values()];
}

const sections = declaredOperations.map(({ name, title }) => section(title, sharedTables(name)));
writeFileSync(
  new URL("../docs/fidelity.md", import.meta.url),
  `${[intro, ...sections].join("\n").trimEnd()}\n`,
);
