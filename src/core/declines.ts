import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import { innerContent, pathSteps } from "./contract-fields.ts";
import type { FidelityTable, FieldFate } from "./fidelity.ts";

/** A field that is set and that the table alone decides about. */
export interface Decline {
  /** Its path in the message, such as `messages[2].name`. */
  readonly field: string;
  readonly outcome: "dropped" | "refused";
  readonly note: string;
}

/** Gives a function that finds the fields of a message whose only fate is to be dropped or refused, in the order of the table. */
export function compileDeclines(
  schema: DescMessage,
  table: FidelityTable,
  dialect: string,
): (message: Message, tell: (decline: Decline) => void) => void {
  const root: Nodes = new Map();
  for (const [path, fate] of Object.entries(table)) {
    const judge = judgeOf(path, fate, dialect);
    if (judge !== undefined || innerContent.test(path)) plant(root, schema, path, judge);
  }
  return (message, tell) => visit(root, message, "", tell);
}

/** What is told of a value that is set; undefined: nothing. */
type Judge = (value: unknown, path: string) => readonly Decline[];

/** A field on the way to fields that are judged. */
interface Node {
  readonly field: DescField;
  judge: Judge | undefined;
  readonly children: Nodes;
}

/** By the names of the fields. */
type Nodes = Map<string, Node>;

function judgeOf(path: string, fate: FieldFate, dialect: string): Judge | undefined {
  const { dropped, refused } = fate;
  const sole = Object.keys(fate).length === 1;
  if (sole && refused !== undefined) return (_, field) => [{ field, outcome: "refused", note: refused }];
  if (sole && dropped !== undefined) return (_, field) => [{ field, outcome: "dropped", note: dropped }];
  if (path !== "extras_json" && !path.endsWith(".extras_json")) return undefined;
  return (value, field) => foreignExtras(value, field, dialect, dropped ?? "");
}

/** Options for one vendor mean nothing to another: each goes to its own dialect only. */
function foreignExtras(value: unknown, field: string, dialect: string, note: string): readonly Decline[] {
  return Object.keys(Object(value))
    .filter((name) => name !== dialect)
    .map((name) => ({ field: `${field}["${name}"]`, outcome: "dropped", note }));
}

function plant(nodes: Nodes, schema: DescMessage, path: string, judge: Judge | undefined): void {
  const steps = pathSteps(schema, path);
  if (steps === undefined) throw new Error(`fidelity table: the contract has no field ${path}`);
  let children = nodes;
  let last: Node | undefined;
  for (const { field } of steps) {
    last = children.get(field.name) ?? { field, judge: undefined, children: new Map() };
    children.set(field.name, last);
    children = last.children;
  }
  if (last !== undefined) last.judge = judge;
}

type Tell = (decline: Decline) => void;

const noNodes: Nodes = new Map();

/** `overruled`: nodes that speak instead of those of the same name. */
function visit(nodes: Nodes, message: object, prefix: string, tell: Tell, overruled = noNodes): void {
  for (const [name, node] of nodes) {
    const value = overruled.has(name) ? undefined : setValue(node.field, message);
    if (value === undefined) continue;
    const path = `${prefix}${name}`;
    if (node.judge !== undefined) for (const decline of node.judge(value, path)) tell(decline);
    if (Array.isArray(value)) visitItems(node, value, path, tell);
    else visit(node.children, Object(value), `${path}.`, tell);
  }
}

function visitItems({ field, children }: Node, items: readonly unknown[], path: string, tell: Tell): void {
  if (children.size === 0) return;
  for (const [index, item] of items.entries()) {
    visit(children, Object(item), `${path}[${index}].`, tell);
    if (field.name === "parts") visitInside(children, Object(item), `${path}[${index}].`, tell);
  }
}

/** Content inside of a tool's result or of a document is judged as the content of a message, where it has no rows of its own. */
function visitInside(nodes: Nodes, part: object, prefix: string, tell: Tell): void {
  for (const path of nestedParts) {
    let value: unknown = part;
    let own: Nodes | undefined = nodes;
    for (const [name, localName] of path) {
      value = chosen(value, localName);
      own = own?.get(name)?.children;
    }
    if (!Array.isArray(value)) continue;
    const inside = `${prefix}${path.map(([name]) => name).join(".")}`;
    for (const [index, item] of value.entries()) visit(nodes, Object(item), `${inside}[${index}].`, tell, own);
  }
}

/** Where content holds content: names in the contract and in generated code. */
const nestedParts: readonly (readonly (readonly [name: string, localName: string])[])[] = [
  [
    ["tool_result", "toolResult"],
    ["content", "content"],
  ],
  [
    ["document", "document"],
    ["content", "content"],
    ["parts", "parts"],
  ],
];

/** A member of a message, also where it is the chosen one of a oneof. */
function chosen(message: unknown, localName: string): unknown {
  const plain: unknown = Object(message)[localName];
  for (const oneof of ["content", "source"]) {
    const { case: name, value } = Object(Object(message)[oneof]);
    if (name === localName) return value;
  }
  return plain;
}

/** The value of a field that is set; undefined: it is not. */
function setValue(field: DescField, message: object): unknown {
  if (field.oneof !== undefined) {
    const chosen: unknown = Reflect.get(message, field.oneof.localName);
    const { case: name, value } = Object(chosen);
    return name === field.localName ? value : undefined;
  }
  const value: unknown = Reflect.get(message, field.localName);
  return isSet(field, value) ? value : undefined;
}

function isSet(field: DescField, value: unknown): boolean {
  if (value === undefined) return false;
  switch (field.fieldKind) {
    case "list":
      return Array.isArray(value) && value.length > 0;
    case "map":
      return Object.keys(Object(value)).length > 0;
    case "message":
      return true;
    default:
      return (
        field.proto.proto3Optional ||
        !(value === 0 || value === 0n || value === "" || value === false || isEmpty(value))
      );
  }
}

function isEmpty(value: unknown): boolean {
  return value instanceof Uint8Array && value.length === 0;
}
