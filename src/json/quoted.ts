/** A text as JSON: quoted, with what needs it escaped. */
export function quoted(text: string): string {
  return plain.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** Text that is the same in JSON. */
const plain = /^[\w ./:@-]*$/;

/** The members of an object of texts or numbers, each with a comma before it. */
export function membersOf<V>(object: object, text: (value: V) => string): string {
  let members = "";
  for (const [name, value] of Object.entries(object)) members += `,${quoted(name)}:${text(value)}`;
  return members;
}
