import { readFileSync } from "node:fs";
import type { ReadText } from "../config/config-scope.ts";
import type { FileText } from "./messages.ts";

/** Reads files once and remembers what they held. */
export interface FileRecorder {
  readonly readText: ReadText;
  readonly files: ReadonlyMap<string, FileText>;
}

/** Makes a recorder of what the files of one configuration hold. */
export function recordFiles(readText: ReadText = readFile): FileRecorder {
  const files = new Map<string, FileText>();
  return {
    files,
    readText(path) {
      const known = files.get(path);
      if (known !== undefined) return textOf(known);
      try {
        const text = readText(path);
        files.set(path, { text });
        return text;
      } catch (error) {
        const code = error instanceof Error && "code" in error ? String(error.code) : "EIO";
        files.set(path, { code });
        throw error;
      }
    },
  };
}

/** Reads what was recorded, while a configuration is loaded from it, and files otherwise. */
export interface FileReplay {
  readonly readText: ReadText;
  replay(files: ReadonlyMap<string, FileText>): void;
  stop(): void;
}

/** Makes a reader that begins with what was recorded. */
export function replayFiles(recorded: ReadonlyMap<string, FileText>): FileReplay {
  let files: ReadonlyMap<string, FileText> | undefined = recorded;
  return {
    readText(path) {
      const known = files?.get(path);
      return known === undefined ? readFile(path) : textOf(known);
    },
    replay(next) {
      files = next;
    },
    stop() {
      files = undefined;
    },
  };
}

function textOf(file: FileText): string {
  if ("text" in file) return file.text;
  throw Object.assign(new Error(`the file cannot be read: ${file.code}`), { code: file.code });
}

function readFile(path: string): string {
  return readFileSync(path, "utf8");
}
