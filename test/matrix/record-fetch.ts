/**
 * A `fetch` for vendors' clients that keeps what came over the wire, for what their clients hide.
 */
export interface RecordedFetch {
  readonly fetch: typeof globalThis.fetch;
  /** Headers of the last reply. */
  header(name: string): string | undefined;
  /** The status of the last reply; 0 before there is one. */
  status(): number;
  /** The last body as far as it was read. */
  body(): string;
}

/** Makes a recording fetch. */
export function recordFetch(): RecordedFetch {
  let headers = new Headers();
  let lastStatus = 0;
  let chunks: Uint8Array[] = [];
  return {
    fetch: async (input, init) => {
      const response = await globalThis.fetch(input, init);
      headers = response.headers;
      lastStatus = response.status;
      chunks = [];
      const kept = chunks;
      const keep = new TransformStream<Uint8Array, Uint8Array>({
        transform: (chunk, controller) => {
          kept.push(chunk);
          controller.enqueue(chunk);
        },
      });
      const { status, statusText } = response;
      return new Response(response.body?.pipeThrough(keep) ?? null, {
        status,
        statusText,
        headers,
      });
    },
    header: (name) => headers.get(name) ?? undefined,
    status: () => lastStatus,
    body: () => Buffer.concat(chunks).toString(),
  };
}
