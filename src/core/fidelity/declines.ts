import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import { innerContent, pathSteps } from "./contract-fields.ts";
import type { FidelityTable, FieldFate } from "./fidelity-table.ts";

/** A field that is set and that the table alone decides about. */
export interface Decline {
  /** Its path in the message, such as `messages[2].name`. */
  readonly field: string;
  readonly outcome: "mapped" | "dropped" | "refused";
  readonly note: string;
}

/** The fate of `store` at vendors that keep no answers: not to store one loses nothing. */
export const storesNothing: FieldFate = {
  mapped: "the vendor stores nothing anyway",
  dropped: "the vendor stores no answers",
};

/**
 * Gives a function that finds the fields of a message whose only fate is to be dropped or refused,
 * in the order of the table.
 */
export function compileDeclines(
  schema: DescMessage,
  table: FidelityTable,
  dialect: string,
): (message: Message, tell: (decline: Decline) => void) => void {
  const root: Nodes = new Map();
  for (const [path, fate] of Object.entries(table)) {
    const rule = ruleOf(path, fate, dialect);
    if (rule !== undefined || innerContent.test(path)) plant(root, schema, path, rule);
  }
  const members = compileMembers(root);
  return (message, tell) => walkMembers(members, message, { trail: [], tell });
}

/** The declined fields within a value that is set. */
type DeclineRule = (value: unknown, path: string) => readonly Decline[];

/** A field that has a rule, or that holds fields with rules. */
interface Node {
  readonly field: DescField;
  rule: DeclineRule | undefined;
  readonly children: Nodes;
}

/** By the names of the fields. */
type Nodes = Map<string, Node>;

function ruleOf(path: string, fate: FieldFate, dialect: string): DeclineRule | undefined {
  const { mapped, dropped, refused } = fate;
  const sole = Object.keys(fate).length === 1;
  if (fate === storesNothing)
    return (value, field) =>
      value === false
        ? [{ field, outcome: "mapped", note: mapped ?? "" }]
        : [{ field, outcome: "dropped", note: dropped ?? "" }];
  if (sole && refused !== undefined)
    return (_, field) => [{ field, outcome: "refused", note: refused }];
  if (sole && dropped !== undefined)
    return (_, field) => [{ field, outcome: "dropped", note: dropped }];
  if (path !== "extras_json" && !path.endsWith(".extras_json")) return undefined;
  return (value, field) => foreignExtras(value, field, dialect, dropped ?? "");
}

/** Options for one vendor mean nothing to another: each goes to its own dialect only. */
function foreignExtras(
  value: unknown,
  field: string,
  dialect: string,
  note: string,
): readonly Decline[] {
  return Object.keys(Object(value))
    .filter((name) => name !== dialect)
    .map((name) => ({ field: `${field}["${name}"]`, outcome: "dropped", note }));
}

function plant(
  nodes: Nodes,
  schema: DescMessage,
  path: string,
  rule: DeclineRule | undefined,
): void {
  const steps = pathSteps(schema, path);
  if (steps === undefined) throw new Error(`fidelity table: the contract has no field ${path}`);
  let children = nodes;
  let last: Node | undefined;
  for (const { field } of steps) {
    last = children.get(field.name) ?? { field, rule: undefined, children: new Map() };
    children.set(field.name, last);
    children = last.children;
  }
  if (last !== undefined) last.rule = rule;
}

/**
 * A member of a generated message to check, with the checks of what is inside. Every translated
 * call runs these checks and mostly finds nothing: members of one oneof share one entry, and fields
 * that lead to no rule have none.
 */
interface MemberChecks {
  /** As generated code names the field or its oneof. */
  readonly member: string;
  /** By the chosen case; undefined: the member is the field itself. */
  readonly cases: Map<string, FieldCheck> | undefined;
  readonly check: FieldCheck;
}

/** A field that may be set. */
interface FieldCheck {
  readonly name: string;
  readonly isSet: (value: unknown) => boolean;
  readonly rule: DeclineRule | undefined;
  readonly members: readonly MemberChecks[];
  /** The same as `members`, for content inside of content. Empty: the field holds no parts. */
  readonly nodes: Nodes;
}

function compileMembers(nodes: Nodes): readonly MemberChecks[] {
  const members: MemberChecks[] = [];
  for (const node of nodes.values()) {
    if (!leadsToRule(node)) continue;
    const { field } = node;
    const check = fieldCheckOf(node);
    const last = members.at(-1);
    if (field.oneof === undefined)
      members.push({ member: field.localName, cases: undefined, check });
    else if (last?.cases !== undefined && last.member === field.oneof.localName)
      last.cases.set(field.localName, check);
    else
      members.push({
        member: field.oneof.localName,
        cases: new Map([[field.localName, check]]),
        check,
      });
  }
  return members;
}

function leadsToRule({ rule, children }: Node): boolean {
  return rule !== undefined || [...children.values()].some(leadsToRule);
}

function fieldCheckOf({ field, rule, children }: Node): FieldCheck {
  const { name } = field;
  return {
    name,
    isSet: field.oneof === undefined ? presenceOf(field) : isDefined,
    rule,
    members: compileMembers(children),
    nodes: name === "parts" ? children : noNodes,
  };
}

const noNodes: Nodes = new Map();

/** The place of a walk, in names and indexes, and the callback for declines. */
interface Walk {
  readonly trail: (string | number)[];
  readonly tell: (decline: Decline) => void;
}

/** `overruled`: nodes that apply instead of those of the same name. */
function walkMembers(
  members: readonly MemberChecks[],
  message: unknown,
  walk: Walk,
  overruled = noNodes,
): void {
  if (!isRecord(message)) return;
  for (const { member, cases, check: sole } of members) {
    const held = message[member];
    if (held === undefined) continue;
    if (cases === undefined) {
      walkValue(sole, held, walk, overruled);
    } else if (isRecord(held) && typeof held.case === "string") {
      const check = cases.get(held.case);
      if (check !== undefined) walkValue(check, held.value, walk, overruled);
    }
  }
}

function walkValue(check: FieldCheck, value: unknown, walk: Walk, overruled: Nodes): void {
  const { name, isSet, rule, members } = check;
  if (!isSet(value) || overruled.has(name)) return;
  walk.trail.push(name);
  if (rule !== undefined)
    for (const decline of rule(value, printTrail(walk.trail))) walk.tell(decline);
  if (members.length > 0) {
    if (Array.isArray(value)) walkItems(check, value, walk);
    else walkMembers(members, value, walk);
  }
  walk.trail.pop();
}

function walkItems({ members, nodes }: FieldCheck, items: readonly unknown[], walk: Walk): void {
  for (let index = 0; index < items.length; index += 1) {
    walk.trail.push(index);
    walkMembers(members, items[index], walk);
    if (nodes.size > 0) walkNestedContent(members, nodes, items[index], walk);
    walk.trail.pop();
  }
}

/**
 * Content inside of a tool's result or of a document follows the rules for a message's content,
 * where it has no rows of its own.
 */
function walkNestedContent(
  members: readonly MemberChecks[],
  nodes: Nodes,
  part: unknown,
  walk: Walk,
): void {
  const content = isRecord(part) ? part.content : undefined;
  const path = isRecord(content)
    ? nestedParts.find(([[, first]]) => first === content.case)
    : undefined;
  if (path === undefined) return;
  let value: unknown = part;
  let own: Nodes | undefined = nodes;
  for (const [name, localName] of path) {
    value = chosen(value, localName);
    own = own?.get(name)?.children;
  }
  if (!Array.isArray(value)) return;
  const names = path.map(([name]) => name);
  for (const [index, item] of value.entries()) {
    const trail = [...walk.trail, ...names, index];
    walkMembers(members, item, { trail, tell: walk.tell }, own);
  }
}

type Step = readonly [name: string, localName: string];

/** Where content holds content: names in the contract and in generated code. */
const nestedParts: readonly (readonly [Step, ...Step[]])[] = [
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
  if (!isRecord(message)) return undefined;
  for (const oneof of [message.content, message.source]) {
    if (isRecord(oneof) && oneof.case === localName) return oneof.value;
  }
  return message[localName];
}

/** Such as `messages[2].parts[0].image`. */
function printTrail(trail: readonly (string | number)[]): string {
  let path = "";
  for (const step of trail) {
    if (typeof step === "number") path += `[${step}]`;
    else path += path === "" ? step : `.${step}`;
  }
  return path;
}

/** When a field outside of a oneof counts as set. */
function presenceOf(field: DescField): (value: unknown) => boolean {
  if (field.fieldKind === "list") return isFilled;
  if (field.fieldKind === "map") return hasEntries;
  return field.fieldKind === "message" || field.proto.proto3Optional ? isDefined : isNotZero;
}

function isDefined(value: unknown): boolean {
  return value !== undefined;
}

function isFilled(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

function hasEntries(value: unknown): boolean {
  for (const _ in Object(value)) return true;
  return false;
}

function isNotZero(value: unknown): boolean {
  if (value instanceof Uint8Array) return value.length > 0;
  return value !== undefined && value !== 0 && value !== 0n && value !== "" && value !== false;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
