/** A `fetch` for vendors' clients that keeps what came over the wire, for what their clients hide. */
export interface RecordedFetch {
  readonly fetch: typeof globalThis.fetch;
  /** Headers of the last reply. */
  header(name: string): string | undefined;
  /** The last body as far as it was read. */
  body(): string;
}

/** Makes a recording fetch. */
export function recordFetch(): RecordedFetch {
  let headers = new Headers();
  let chunks: Uint8Array[] = [];
  return {
    fetch: async (input, init) => {
      const response = await globalThis.fetch(input, init);
      headers = response.headers;
      chunks = [];
      const kept = chunks;
      const keep = new TransformStream<Uint8Array, Uint8Array>({
        transform: (chunk, controller) => {
          kept.push(chunk);
          controller.enqueue(chunk);
        },
      });
      const { status, statusText } = response;
      return new Response(response.body?.pipeThrough(keep) ?? null, { status, statusText, headers });
    },
    header: (name) => headers.get(name) ?? undefined,
    body: () => Buffer.concat(chunks).toString(),
  };
}
