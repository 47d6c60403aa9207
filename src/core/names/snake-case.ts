/** A name in camel case as fields of protobuf and of the config spell it: `maxTokens`, `max_tokens`. */
export function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
