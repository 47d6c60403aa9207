import { run } from "../../src/cli/run.ts";
import type { Shell, SignalName, TextOutput } from "../../src/cli/shell.ts";

/** What a command did. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process, with a shell of its own. */
export async function runIn(
  args: readonly string[],
  { env = {}, stdin = "" }: { readonly env?: Readonly<Record<string, string>>; readonly stdin?: string } = {},
): Promise<Ran> {
  const printed = { stdout: "", stderr: "" };
  const output = (name: keyof typeof printed): TextOutput => ({
    isTerminal: false,
    write: (text) => {
      printed[name] += text;
    },
  });
  const listeners = new Map<SignalName, () => void>();
  const shell: Shell = {
    args,
    env,
    stdout: output("stdout"),
    stderr: output("stderr"),
    readStdin: async () => stdin,
    writeLog: async () => undefined,
    onSignal: (name, listener) => void listeners.set(name, listener),
    onStrayRejection: () => undefined,
    exit: () => undefined,
  };
  const code = await run(shell);
  return { code, ...printed };
}
