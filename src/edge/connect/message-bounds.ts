import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { ScalarType } from "@bufbuild/protobuf";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** How much a message of protobuf's binary format may hold. */
export interface MessageBounds {
  /** Numbers of a packed list, where what costs more to decode counts as several. */
  readonly maxValues: number;
}

/** Finds why a message must not be decoded; undefined where it may be. Builds nothing of it. */
export type MessageScan = (bytes: Uint8Array) => string | undefined;

/** As many as JSON may hold: some 0.3 s of decoding. See docs/decisions/0026. */
const defaultBounds: MessageBounds = { maxValues: 8_000_000 };

/** What a field costs to decode, in numbers of a packed list. */
const fieldValues = 5;

/** What a message, or an entry of a map, costs on top. */
const messageValues = 40;

/** Messages that may be open at once, the bound of the decoder itself. */
const maxDepth = 100;

/**
 * Makes the scan for messages of a type. Two bytes are a whole message in a list, so that a body of
 * 64 MiB could hold 30 million of them; the decoder has a bound on their depth but none on their
 * number. What the scan takes to be malformed is refused too, for the decoder may read it
 * otherwise.
 */
export function createMessageScan(schema: DescMessage, bounds = defaultBounds): MessageScan {
  const fields = new Map<DescMessage, ReadonlyMap<number, DescField>>();
  const fieldsOf = (message: DescMessage): ReadonlyMap<number, DescField> => {
    const known =
      fields.get(message) ?? new Map(message.fields.map((field) => [field.number, field]));
    fields.set(message, known);
    return known;
  };
  return (bytes) => {
    const scan = { reader: new BinaryReader(bytes), fieldsOf, left: bounds.maxValues };
    try {
      const fault = scanMessage(scan, schema, bytes.length, 1) ?? tooMuch(scan, bounds);
      return fault === undefined ? undefined : `${fault} at byte ${scan.reader.pos}`;
    } catch (error) {
      // The reader throws where the bytes end within a value.
      return `${error instanceof Error ? error.message : String(error)} at byte ${scan.reader.pos}`;
    }
  };
}

interface Scan {
  readonly reader: BinaryReader;
  readonly fieldsOf: (message: DescMessage) => ReadonlyMap<number, DescField>;
  /** Values that are left before it is too much. */
  left: number;
}

function tooMuch({ left }: Scan, { maxValues }: MessageBounds): string | undefined {
  if (left >= 0) return undefined;
  const counting = `a field counts as ${fieldValues}, a message or an entry of a map as ${messageValues} more`;
  return `more than ${maxValues} values (${counting})`;
}

/** Reads on to the end of a message; stops before where nothing is left, which `left` tells. */
function scanMessage(
  scan: Scan,
  schema: DescMessage,
  end: number,
  depth: number,
): string | undefined {
  if (depth > maxDepth) return `nested deeper than ${maxDepth} messages`;
  return scanFields(scan, scan.fieldsOf(schema), end, depth);
}

function scanFields(
  scan: Scan,
  fields: ReadonlyMap<number, DescField>,
  end: number,
  depth: number,
): string | undefined {
  const { reader } = scan;
  while (reader.pos < end && scan.left >= 0) {
    const [number, wireType] = reader.tag();
    if (wireType === WireType.StartGroup) return "a group, which no message here has";
    scan.left -= fieldValues;
    const field = fields.get(number);
    const fault =
      field === undefined ? skip(reader, wireType) : scanField(scan, field, wireType, end, depth);
    if (fault !== undefined) return fault;
  }
  return reader.pos > end ? "a field ends after its message" : undefined;
}

function skip(reader: BinaryReader, wireType: WireType): undefined {
  reader.skip(wireType);
}

function scanField(
  scan: Scan,
  field: DescField,
  wireType: WireType,
  end: number,
  depth: number,
): string | undefined {
  const { reader } = scan;
  const { message } = field;
  if (message === undefined && field.fieldKind !== "map") return scanScalar(scan, field, wireType);
  if (wireType !== WireType.LengthDelimited) return wrongWireType(field);
  scan.left -= messageValues;
  const length = reader.uint32();
  const inner = reader.pos + length;
  if (inner > end) return `field ${field.name} ends after its message`;
  if (field.fieldKind === "map") return scanFields(scan, entryFields, inner, depth);
  return message === undefined ? undefined : scanMessage(scan, message, inner, depth + 1);
}

/** No request has a map of messages, so that what is in an entry is only to be counted. */
const entryFields: ReadonlyMap<number, DescField> = new Map();

function scanScalar(scan: Scan, field: DescField, wireType: WireType): string | undefined {
  const { reader } = scan;
  const natural = wireTypeOf(field);
  if (wireType === natural) {
    reader.skip(wireType);
    return undefined;
  }
  if (field.fieldKind !== "list" || wireType !== WireType.LengthDelimited)
    return wrongWireType(field);
  const packed = reader.bytes();
  scan.left -= packedCount(packed, natural);
  return undefined;
}

function packedCount(packed: Uint8Array, wireType: WireType): number {
  if (wireType === WireType.Bit32) return packed.length >> 2;
  if (wireType === WireType.Bit64) return packed.length >> 3;
  let count = 0;
  for (const byte of packed) if (byte < 0x80) count += 1;
  return count;
}

function wireTypeOf(field: DescField): WireType {
  switch (field.scalar) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return WireType.LengthDelimited;
    case ScalarType.DOUBLE:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return WireType.Bit64;
    case ScalarType.FLOAT:
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
      return WireType.Bit32;
    default:
      return WireType.Varint;
  }
}

function wrongWireType(field: DescField): string {
  return `field ${field.name} has a wire type that is not its own`;
}
