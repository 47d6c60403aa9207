import type { Random } from "../random.ts";
import { mutateBytes } from "./mutate-bytes.ts";

/** Bytes of a protobuf message, changed: flipped and cut, with fields that lie, repeat or nest. */
export function mutateProtobuf(bytes: Buffer, random: Random): Buffer {
  switch (random.int(8)) {
    case 0:
      return bytes;
    case 1:
    case 2:
    case 3:
      return mutateBytes(bytes, random);
    case 4:
      return Buffer.concat([bytes, lyingField(random)]);
    case 5:
      return Buffer.concat([
        nested(random.pick([1, 10, 90, 101, 2000]), 1 + random.int(20)),
        bytes,
      ]);
    case 6:
      return Buffer.concat(
        Array.from({ length: 1 + random.int(300) }, () => bytes.subarray(0, 1 + random.int(400))),
      );
    default:
      return Buffer.concat(Array.from({ length: 1 + random.int(60) }, () => anyField(random)));
  }
}

/** A length that is larger than what follows. */
function lyingField(random: Random): Buffer {
  const length = random.pick([1, 127, 2 ** 21, 2 ** 31 - 1, 2 ** 32 - 1, 2 ** 53]);
  return Buffer.concat([tag(1 + random.int(30), 2), varint(length), random.bytes(random.int(8))]);
}

function nested(depth: number, field: number): Buffer {
  let body = Buffer.alloc(0);
  for (let level = 0; level < depth; level += 1)
    body = Buffer.concat([tag(field, 2), varint(body.length), body]);
  return body;
}

/** A field of any wire type, also of those that do not exist. */
function anyField(random: Random): Buffer {
  const number = random.pick([0, 1 + random.int(40), 536_870_911, 19_000]);
  const type = random.int(8);
  const body = [
    () => (random.chance(0.9) ? varint(random.int(2 ** 31)) : Buffer.alloc(12, 0xff)),
    () => random.bytes(8),
    () => {
      const text = random.chance(0.5) ? Buffer.from("sim/echo") : random.bytes(random.int(40));
      return Buffer.concat([varint(text.length), text]);
    },
    () => Buffer.alloc(0),
    () => Buffer.alloc(0),
    () => random.bytes(4),
    () => random.bytes(1),
    () => random.bytes(2),
  ][type]?.();
  return Buffer.concat([tag(number, type), body ?? Buffer.alloc(0)]);
}

function tag(field: number, type: number): Buffer {
  return varint(field * 8 + type);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = BigInt(value);
  while (left > 0x7fn) {
    bytes.push(Number(left & 0x7fn) | 0x80);
    left >>= 7n;
  }
  return Buffer.of(...bytes, Number(left));
}
