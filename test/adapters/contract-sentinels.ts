import {
  clone,
  create,
  type DescField,
  type DescMessage,
  equals,
  type Message,
  ScalarType,
} from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import {
  contractFields,
  isOwnField,
  type PathStep,
  pathSteps,
} from "../../src/core/fidelity/contract-fields.ts";

/**
 * A request in which one field of the contract is set so that it can be found again, and the same
 * without it.
 */
export interface Sentinel {
  /** Such as `messages[].parts[].image.detail`. */
  readonly path: string;
  /** The value, for the title of a test. */
  readonly value: string;
  readonly request: Message;
  /** The request it is added to. */
  readonly without: Message;
  /**
   * What is in a wire request only if the field was sent; undefined where the value has no text of
   * its own.
   */
  readonly mark: string | undefined;
}

/** What the sentinels of a dialect are made with. */
export interface SentinelOptions {
  readonly schema: DescMessage;
  /** Requests in which a field makes sense, the usual one first. */
  readonly settings: (path: string) => readonly Message[];
  readonly dialect: string;
  /** Whether the dialect can send a request. */
  readonly accepts: (request: Message) => boolean;
}

/**
 * A sentinel for every field of a contract message and, where its values are few, for each of them
 * that its rules allow.
 */
export function contractSentinels({
  schema,
  settings,
  dialect,
  accepts,
}: SentinelOptions): readonly Sentinel[] {
  const validator = createValidator();
  return contractFields(schema)
    .filter((path) => !isOwnField(path))
    .flatMap((path) => {
      const steps = pathSteps(schema, path) ?? [];
      const possible = settings(path);
      const without = possible.find(accepts) ?? possible[0];
      if (without === undefined) throw new Error(`no request to set ${path} in`);
      const sentinels = valuesFor(path, steps.at(-1)?.field, dialect)
        .map(({ value, mark }) => {
          const request = clone(schema, without);
          setField(request, steps, value);
          if (path.endsWith(".extras.json"))
            setField(request, pathSteps(schema, path.replace(/json$/, "dialect")) ?? [], dialect);
          return { path, value: printed(value), request, without, mark };
        })
        .filter(
          ({ request }) =>
            validator.validate(schema, request).kind === "valid" &&
            !equals(schema, request, without),
        );
      if (sentinels.length === 0) throw new Error(`no valid request with ${path}`);
      return steps.at(-1)?.field.scalar === ScalarType.UINT32 ? sentinels.slice(0, 1) : sentinels;
    });
}

/** A value for a field. `mark`: what is in a wire request only if it was sent. */
export interface Candidate {
  readonly value: unknown;
  readonly mark: string | undefined;
}

/** Texts that a vendor's own rules would refuse get values of their own. */
const texts: readonly (readonly [end: RegExp, text: string])[] = [
  [/(?:^|\.)extras_json$|_json$|extras\.json$|opaque\.json$|builtin\.json$/, '{"sentinel":1}'],
  [/(?:image|web)\.url$|\.url$/, "https://sentinel.example/a.png"],
  [/image\.media_type$/, "image/webp"],
  [/video\.media_type$/, "video/webm"],
  [/document\.media_type$/, "text/plain"],
  [/audio\.format$|audio_output\.format$/, "mp3"],
  [/service_tier$/, "flex"],
  [/user_location\.country$/, "NZ"],
  [/user_location\.timezone$/, "Pacific/Auckland"],
  [/tool_choice\.(?:name|allowed\.names)$/, "lookup"],
  [/tool_result\.tool_call_id$/, "call_1"],
];

function valuesFor(
  path: string,
  field: DescField | undefined,
  dialect: string,
): readonly Candidate[] {
  if (field === undefined) throw new Error(`no field ${path}`);
  const text = texts.find(([end]) => end.test(path))?.[1] ?? "sentinel";
  if (field.fieldKind === "map")
    return [mapValue(field.mapKey === ScalarType.STRING, path, text, dialect)];
  if (field.fieldKind === "message") return [{ value: create(field.message), mark: undefined }];
  if (field.fieldKind === "list") return [listValue(field, text)];
  if (field.fieldKind === "enum") {
    return field.enum.values
      .filter(({ number }) => number !== 0)
      .map(({ number }) => ({ value: number, mark: undefined }));
  }
  switch (field.scalar) {
    case ScalarType.BOOL:
      return [true, false].map((value) => ({ value, mark: undefined }));
    case ScalarType.BYTES:
      return [
        {
          value: Buffer.from("sentinel bytes"),
          mark: Buffer.from("sentinel bytes").toString("base64"),
        },
      ];
    case ScalarType.STRING:
      return [{ value: text, mark: text === '{"sentinel":1}' ? "sentinel" : text }];
    case ScalarType.DOUBLE:
      return [{ value: 0.4375, mark: "0.4375" }];
    case ScalarType.INT64:
      return [{ value: 7351n, mark: "7351" }];
    default:
      if (path === "n") return [{ value: 3, mark: undefined }];
      return [7351, 17].map((value) => ({ value, mark: String(value) }));
  }
}

/** One item of a list: of messages one with a text. */
export function listValue(
  field: DescField & { readonly fieldKind: "list" },
  text: string,
): Candidate {
  if (field.listKind === "enum")
    return { value: [field.enum.values.at(-1)?.number], mark: undefined };
  if (field.listKind === "message") {
    return {
      value: [
        create(field.message, {
          content: {
            case: "text",
            value: { $typeName: "parlance.chat.v1.Text", text, citations: [] },
          },
        }),
      ],
      mark: text,
    };
  }
  return field.scalar === ScalarType.STRING
    ? { value: [text], mark: text }
    : { value: [17, 23], mark: "17,23" };
}

function mapValue(isText: boolean, path: string, text: string, dialect: string): Candidate {
  if (!isText) return { value: { 17: 1 }, mark: '"17"' };
  if (path.endsWith("extras_json")) return { value: { [dialect]: text }, mark: "sentinel" };
  return path === "metadata"
    ? { value: { label: "sentinel" }, mark: "sentinel" }
    : { value: { 17: 0.4375 }, mark: "0.4375" };
}

/**
 * Sets the field at the end of the steps; messages on the way are made, and the first item of a
 * list is taken.
 */
export function setField(message: object, steps: readonly PathStep[], value: unknown): void {
  const [step, ...rest] = steps;
  if (step === undefined) return;
  const { field } = step;
  if (rest.length === 0) assign(message, field, value);
  else {
    if (field.message === undefined) throw new Error(`${field.name} holds no message`);
    let inner = readField(message, field);
    if (inner === undefined) {
      inner = create(field.message);
      assign(message, field, inner);
    }
    if (Array.isArray(inner) && inner.length === 0) inner.push(create(field.message));
    setField(Object(Array.isArray(inner) ? focus(inner, rest) : inner), rest, value);
  }
}

/** The item that a path goes through: the one that has most of it already, of several the last. */
export function focus(items: readonly unknown[], steps: readonly PathStep[]): unknown {
  return items.reduce((best, item) => (depth(item, steps) >= depth(best, steps) ? item : best));
}

/** How many steps of a path a value has messages for. */
function depth(value: unknown, [step, ...rest]: readonly PathStep[]): number {
  if (step === undefined) return 0;
  const inner = readField(Object(value), step.field);
  if (Array.isArray(inner)) return Math.max(0, ...inner.map((item) => 1 + depth(item, rest)));
  return typeof inner === "object" && inner !== null ? 1 + depth(inner, rest) : 0;
}

/** What a message holds in a field; undefined where another case of its oneof is set. */
export function readField(message: object, field: DescField): unknown {
  if (field.oneof === undefined) return Reflect.get(message, field.localName);
  const { case: name, value } = Object(Reflect.get(message, field.oneof.localName));
  return name === field.localName ? value : undefined;
}

function assign(message: object, field: DescField, value: unknown): void {
  if (field.oneof === undefined) Reflect.set(message, field.localName, value);
  else Reflect.set(message, field.oneof.localName, { case: field.localName, value });
}

function printed(value: unknown): string {
  if (typeof value === "bigint") return String(value);
  if (value instanceof Uint8Array) return "bytes";
  return JSON.stringify(value) ?? "";
}
