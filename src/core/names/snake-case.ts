/** A name in camel case as protobuf and the config spell it: `max_tokens` for `maxTokens`. */
export function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
