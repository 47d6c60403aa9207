/** Before the name of a header that LiteLLM's clients want a vendor to get. */
const mark = "x-pass-";

/**
 * The value that a vendor gets of a header that its dialect forwards: the caller's own, or that of
 * the same name behind `x-pass-`, as LiteLLM's clients send it
 * (https://docs.litellm.ai/docs/proxy/forward_client_headers, 2026-11). Undefined: the caller sends
 * neither.
 */
export function forwardedHeader(
  header: (name: string) => string | undefined,
  name: string,
): string | undefined {
  return header(name) ?? header(`${mark}${name}`);
}
