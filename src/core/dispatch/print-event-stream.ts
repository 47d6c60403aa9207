import { crc32 } from "node:zlib";

/**
 * The frames of a facade whose framing is `eventstream`, written as server-sent events, as AWS's
 * binary messages, each with both checksums: https://smithy.io/2.0/aws/amazon-eventstream.html.
 */
export function printEventStream(text: string): Uint8Array {
  const messages: Buffer[] = [];
  let at = 0;
  for (let end = text.indexOf("\n\n", at); end !== -1; end = text.indexOf("\n\n", at)) {
    const line = text.indexOf("\n", at);
    const event = text.slice(at + "event: ".length, line);
    messages.push(printMessage(event, text.slice(line + 1 + "data: ".length, end)));
    at = end + 2;
  }
  const [first] = messages;
  return messages.length === 1 && first !== undefined ? first : Buffer.concat(messages);
}

const EXCEPTION = "exception:";

function printMessage(event: string, data: string): Buffer {
  const failed = event.startsWith(EXCEPTION);
  const headers = Buffer.concat([
    failed
      ? printHeader(":exception-type", event.slice(EXCEPTION.length))
      : printHeader(":event-type", event),
    JSON_TYPE,
    failed ? EXCEPTION_MESSAGE : EVENT_MESSAGE,
  ]);
  const payload = Buffer.from(data);
  const message = Buffer.allocUnsafe(16 + headers.length + payload.length);
  message.writeUInt32BE(message.length, 0);
  message.writeUInt32BE(headers.length, 4);
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8);
  headers.copy(message, 12);
  payload.copy(message, 12 + headers.length);
  const checked = message.length - 4;
  message.writeUInt32BE(crc32(message.subarray(0, checked)), checked);
  return message;
}

/** A header whose value is text, which is type 7. */
function printHeader(name: string, value: string): Buffer {
  const nameBytes = Buffer.from(name);
  const valueBytes = Buffer.from(value);
  const head = Buffer.from([7, valueBytes.length >> 8, valueBytes.length & 0xff]);
  return Buffer.concat([Buffer.from([nameBytes.length]), nameBytes, head, valueBytes]);
}

const JSON_TYPE = printHeader(":content-type", "application/json");
const EVENT_MESSAGE = printHeader(":message-type", "event");
const EXCEPTION_MESSAGE = printHeader(":message-type", "exception");
