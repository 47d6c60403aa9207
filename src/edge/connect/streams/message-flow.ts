import type { Take } from "../../../core/reply/flow.ts";

/**
 * An iterator of messages that can also hand them over by itself, those that come together in one
 * list: what `FlowingIterator` says of values holds for the lists.
 */
export interface MessageIterator<T> extends AsyncIterator<T> {
  readonly flow?: ((take: Take<readonly T[]>) => Promise<void>) | undefined;
}

/** The iterator of messages, with its flow where it has one. */
export function messagesOf<T>(messages: AsyncIterable<T>): MessageIterator<T> {
  return messages[Symbol.asyncIterator]();
}

/** Hands over all messages: by their flow where they have one, else one by one. */
export async function takeMessages<T>(
  iterator: MessageIterator<T>,
  take: Take<readonly T[]>,
): Promise<void> {
  if (iterator.flow !== undefined) return iterator.flow(take);
  for (let step = await iterator.next(); step.done !== true; step = await iterator.next()) {
    try {
      await take([step.value]);
    } catch (error) {
      await iterator.return?.();
      throw error;
    }
  }
}
