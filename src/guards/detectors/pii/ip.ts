import { isIPv4, isIPv6 } from "node:net";
import type { Form } from "../form-detector.ts";

/** Four numbers that are rather a version or a section. */
const notAnAddress = /(?:version|release|build|section|chapter|abschnitt|kapitel|§|v\.?)\s{0,2}$/i;

/** Addresses of IPv4, but for those of the machine itself and those of all. */
export const ipv4Form: Form = {
  kind: "IP",
  pattern: /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\d|[A-Za-z_])/g,
  accepts: (candidate, text, start) =>
    isIPv4(candidate) &&
    !/^(?:127|0)\.|^255\.255\.255\./.test(candidate) &&
    !notAnAddress.test(text.slice(Math.max(0, start - 12), start))
      ? candidate.length
      : 0,
  open: /(?<![\w.])\d{1,3}(?:\.\d{0,3}){0,4}$/,
  maxLength: 19,
  lookBehind: 12,
  hint: /\.\d{1,3}\.\d/,
};

/** Addresses of IPv6, but for those of the machine itself; of short ones those with a digit. */
export const ipv6Form: Form = {
  kind: "IP",
  pattern:
    /(?<![\w:.])(?:[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){2,7}|::(?:[0-9a-f]{1,4}:){0,6}[0-9a-f]{1,4})(?![\w:])/gi,
  accepts: (candidate) => {
    const address = candidate.replace(/(?<!:):$/, "");
    const groups = address.split(":").filter((group) => group !== "").length;
    const isSure = groups > 4 || (groups > 1 && /\d/.test(address) && address.length > 7);
    return isSure && isIPv6(address) ? address.length : 0;
  },
  open: /(?<![\w:.])[0-9a-f:]{1,40}$/i,
  maxLength: 41,
  lookBehind: 1,
  hint: /:[0-9a-f]{0,4}:/i,
};
