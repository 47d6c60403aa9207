#!/usr/bin/env node
import { nodeProblem } from "./cli/node-version.ts";
// An old Node must come as far as the check of its version. So all else is imported after it: a
// static import of what that Node lacks would end the process with a SyntaxError before the first
// line runs.
import type { Shell, TextOutput } from "./cli/shell.ts";

process.exitCode = 1;
const problem = nodeProblem(process.versions.node);
if (problem === undefined) await start();
else process.stderr.write(`${problem}\n`);

async function start(): Promise<void> {
  const [{ enableCompileCache }, { setFlagsFromString }] = await Promise.all([
    import("node:module"),
    import("node:v8"),
  ]);
  // Keeps compiled modules between starts, so that a start takes half the time. Must precede the
  // import of the rest.
  enableCompileCache();
  // V8 13.6 was seen to end a process by a failed check while it freed compiled WebAssembly. There
  // is little of it here, undici's parser of HTTP, which may as well stay.
  setFlagsFromString("--no-wasm-code-gc");
  // V8 may learn that lists of one place in the code live long, which is so while a gateway starts,
  // and then makes all of them where only major collections free them: those of each call, too.
  setFlagsFromString("--no-allocation-site-pretenuring");
  const [{ run }, { writeDescriptor }] = await Promise.all([
    import("./cli/run.ts"),
    import("./logging/write-descriptor.ts"),
  ]);

  process.stdout.on("error", leave);
  // Notices that nobody reads must not stop a gateway.
  process.stderr.on("error", () => undefined);

  const shell: Shell = {
    process,
    args: process.argv.slice(2),
    env: process.env,
    stdout: output(process.stdout),
    stderr: output(process.stderr),
    clock: {
      nowMs: () => Date.now(),
      wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    },
    async readStdin() {
      let text = "";
      process.stdin.setEncoding("utf8");
      for await (const chunk of process.stdin) text += String(chunk);
      return text;
    },
    writeLog: (text) => writeDescriptor(1, text),
    onSignal: (name, listener) => void process.on(name, listener),
    onStrayRejection: (listener) => void process.on("unhandledRejection", listener),
    exit: (code) => process.exit(code),
  };
  const code = await run(shell);
  process.stdout.write("", () => process.exit(code));
}

function output(stream: NodeJS.WriteStream): TextOutput {
  return {
    write: (text) => void stream.write(text),
    isTerminal: stream.isTTY === true,
  };
}

/** A reader such as `head` that has seen enough is no failure. */
function leave(error: Error): void {
  process.exit("code" in error && error.code === "EPIPE" ? 0 : 1);
}
