import type { Form } from "../form-detector.ts";
import { entropyOf, isRandomWord } from "./randomness.ts";

const assigns = "[\"'\\]]{0,2}\\s{0,4}(?::=|=>|[:=]|\\bis\\b)\\s{0,4}[\"'`]{0,1}";

/** Passwords beside their name: `password = ...`, `"password": "..."`, `the password is ...`. */
export const passwordForm: Form = {
  kind: "PASSWORD",
  pattern: new RegExp(
    `(?:pass(?:word|wd|phrase|code)|pwd|passwort|kennwort|contraseña|mot de passe)${assigns}([^\\s"'\`,;<>]{6,128})`,
    "gi",
  ),
  accepts: passwordLength,
  open: /[^\s"'`,;<>]{1,128}$/,
  maxLength: 129,
  lookBehind: 36,
};

/** Keys and tokens beside their name: `api_key: ...`, `CLIENT_SECRET=...`. */
export const namedSecretForm: Form = {
  kind: "SECRET",
  pattern: new RegExp(
    `(?:key|token|secret|credentials?|signature|\\bsig)${assigns}([A-Za-z0-9_\\-.+/=~%]{16,256})`,
    "gi",
  ),
  accepts: secretLength,
  open: /[A-Za-z0-9_\-.+/=~%]{1,257}$/,
  maxLength: 257,
  lookBehind: 32,
};

/** Headers of HTTP with a credential. */
export const bearerForm: Form = {
  kind: "TOKEN",
  pattern: /\b(?:bearer|basic)\s{1,4}([A-Za-z0-9_\-.+/~]{16,256}={0,2})/gi,
  accepts: (candidate) => (isRandomWord(candidate) || isHex(candidate) ? candidate.length : 0),
  open: /[A-Za-z0-9_\-.+/=~]{1,258}$/,
  maxLength: 258,
  lookBehind: 11,
};

/** Passwords of URLs: `postgres://user:password@host`. */
export const urlPasswordForm: Form = {
  kind: "PASSWORD",
  pattern: /:\/\/[^\s/:@"'<>]{0,64}:([^\s/@"'<>]{1,128})(?=@)/g,
  accepts: (candidate) => (isPlaceholder(candidate) ? 0 : candidate.length),
  open: /[^\s/@"'<>]{1,129}$/,
  maxLength: 129,
  lookBehind: 68,
};

/** Words that seem random near a word such as key, token or secret. */
export const nearbySecretForm: Form = {
  kind: "SECRET",
  pattern:
    /(?:key|token|secret|credential|password|\baws)[^\n]{0,40}?(?<![A-Za-z0-9+/_=.-])([A-Za-z0-9+/_-]{20,128}={0,2})(?![A-Za-z0-9+/_=-])/gi,
  accepts: (candidate) => (isRandomWord(candidate) ? candidate.length : 0),
  open: /[A-Za-z0-9+/_-]{1,129}={0,2}$/,
  maxLength: 131,
  lookBehind: 51,
};

function passwordLength(candidate: string): number {
  const password = candidate.replace(/[.)\]}:!?*]+$/, "");
  if (password.length < 6 || isPlaceholder(password) || isCode(password)) return 0;
  const kinds = [/\d/, /[a-z]/i, /[^A-Za-z0-9]/].filter((kind) => kind.test(password)).length;
  return kinds > 1 && /[\d!@#$%^&*+=?~]/.test(password) ? password.length : 0;
}

function secretLength(candidate: string): number {
  const secret = candidate.replace(/\.+$/, "");
  if (secret.length < 16 || isPlaceholder(secret) || isCode(secret)) return 0;
  if (isHex(secret) && secret.length >= 32) return secret.length;
  if (!/\d/.test(secret) || !/[A-Za-z]/.test(secret)) return 0;
  return isRandomWord(secret) || (/^[a-z0-9]+$/.test(secret) && entropyOf(secret) >= 3.6)
    ? secret.length
    : 0;
}

function isHex(text: string): boolean {
  return /^(?:[0-9a-f]+|[0-9A-F]+)$/.test(text) && /\d/.test(text) && /[a-f]/i.test(text);
}

/** What stands in examples in place of a secret. */
function isPlaceholder(text: string): boolean {
  return (
    /^(?:\$|\{\{|%|<|\[|\*+$|x+$|\.+$)/i.test(text) ||
    /(?:your|example|placeholder|changeme|change_me|redacted|dummy|password|passwd|secret|required)/i.test(
      text,
    )
  );
}

/** An expression of a program, such as `os.environ.get(` or `config.secretKey`. */
function isCode(text: string): boolean {
  return /[({[]|\)$|=>|::|->|^[a-z_$][\w$]*(?:\.[a-z_$][\w$]*)+$/i.test(text);
}
