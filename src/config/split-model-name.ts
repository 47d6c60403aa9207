/**
 * `provider/model` in its parts; the model may contain slashes itself. Undefined when either part
 * is empty.
 */
export function splitModelName(
  name: string,
): { readonly provider: string; readonly model: string } | undefined {
  const slash = name.indexOf("/");
  if (slash < 1 || slash === name.length - 1) return undefined;
  return { provider: name.slice(0, slash), model: name.slice(slash + 1) };
}
