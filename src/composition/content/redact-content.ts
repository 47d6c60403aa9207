import {
  boundContent,
  type CallContent,
  type ContentToStore,
  firstBytes,
  redactionMargin,
} from "../../core/ledger/call-content.ts";

/**
 * The content of a call as it may be stored, redacted and then cut. Of a text that was cut before
 * it was redacted the end is left out, where half of what would have been found may be. Rejects
 * where it cannot be redacted.
 */
export async function redactContent({
  read,
  redact,
  maxBytes,
}: ContentToStore): Promise<CallContent> {
  const said = read();
  const readBytes = maxBytes + redactionMargin;
  const [answer = "", ...texts] = await redact([
    said.answer,
    ...said.messages.map(({ text }) => text),
  ]);
  const messages = said.messages.map(({ role }, at) => ({ role, text: texts[at] ?? "" }));
  // The oldest message is the one that was cut, where the prompt is longer.
  const [oldest, ...others] = messages;
  const bytes = said.messages.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  const isPromptFull = bytes > readBytes - maxCharacterBytes;
  const isAnswerFull = Buffer.byteLength(said.answer) > readBytes - maxCharacterBytes;
  const kept = {
    ...said,
    messages:
      isPromptFull && oldest !== undefined
        ? [{ ...oldest, text: withoutEnd(oldest.text) }, ...others]
        : messages,
    answer: isAnswerFull ? withoutEnd(answer) : answer,
  };
  const bound = boundContent(kept, maxBytes);
  return { ...bound, cut: bound.cut || said.cut };
}

const maxCharacterBytes = 4;

function withoutEnd(text: string): string {
  return firstBytes(text, Math.max(0, Buffer.byteLength(text) - redactionMargin));
}
