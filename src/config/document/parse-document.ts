import { type Document, parseDocument as parseYaml, type YAMLError } from "yaml";
import type { Report } from "../config-scope.ts";

/** Longest config text that is read, in characters. */
const maxConfigCharacters = 4 * 1024 * 1024;

/** Syntax errors that are reported: what follows the first few is mostly their echo. */
const maxSyntaxErrors = 10;

/**
 * Parses YAML 1.2 (and with it JSON), keeping the place of every node. Syntax
 * errors are reported in our own words, because the parser's may quote the
 * text and with it a secret. Undefined when there is nothing to go on with.
 * Keys that are given twice are left to the reader, which finds them in linear time.
 */
export function parseDocument(text: string, report: Report): Document | undefined {
  if (text.length > maxConfigCharacters) {
    report(
      syntaxFinding(`the file is longer than ${maxConfigCharacters} characters`, 0, "too_long"),
    );
    return undefined;
  }
  const document = parseOrUndefined(text);
  if (document === undefined) {
    report(syntaxFinding("the file is nested too deeply to be read", 0, "too_deep"));
    return undefined;
  }
  const errors = [...document.errors, ...document.warnings].slice(0, maxSyntaxErrors);
  for (const error of errors) report(syntaxFinding(describeError(error), error.pos[0], "syntax"));
  return document.errors.length > 0 ? undefined : document;
}

function parseOrUndefined(text: string): Document | undefined {
  try {
    return parseYaml(text, {
      prettyErrors: false,
      merge: true,
      uniqueKeys: false,
      logLevel: "silent",
    });
  } catch {
    return undefined;
  }
}

function syntaxFinding(message: string, offset: number, ruleId: string) {
  return { path: "", message, hint: "", ruleId, offset };
}

const descriptions: Readonly<Partial<Record<YAMLError["code"], string>>> = {
  ALIAS_PROPS: "an alias (*name) cannot have an anchor or a tag",
  BAD_ALIAS: "an alias (*name) or anchor (&name) has no usable name",
  BAD_DIRECTIVE: "a directive (%...) is not understood",
  BAD_DQ_ESCAPE:
    "an escape in double quotes is not understood; use single quotes to keep backslashes",
  BAD_INDENT: "the indentation does not fit, or a bracket is not closed",
  BAD_SCALAR_START: "a value begins with a character that YAML reserves; put the value in quotes",
  BLOCK_AS_IMPLICIT_KEY:
    "a mapping begins where a value stands; put a value with a colon in quotes, or indent the mapping",
  BLOCK_IN_FLOW: "an indented block stands inside { } or [ ]",
  IMPOSSIBLE: "the text is not YAML",
  KEY_OVER_1024_CHARS: "a key is longer than 1024 characters",
  MISSING_CHAR: "a bracket, quote, colon, comma or space is missing",
  MULTILINE_IMPLICIT_KEY: "a key goes over more than one line; a colon or a quote may be missing",
  MULTIPLE_ANCHORS: "a value has more than one anchor",
  MULTIPLE_DOCS: "the file holds more than one document (---); only one is read",
  MULTIPLE_TAGS: "a value has more than one tag",
  RESOURCE_EXHAUSTION: "the file is nested too deeply to be read",
  TAB_AS_INDENT: "a tab is used for indentation; use spaces",
  TAG_RESOLVE_FAILED: "tags (!name) are not supported",
  UNEXPECTED_TOKEN:
    "something stands here that does not belong; the indentation or a quote may be wrong",
};

function describeError(error: YAMLError): string {
  return descriptions[error.code] ?? "the text is not YAML";
}
