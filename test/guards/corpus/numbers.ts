import type { Draw } from "./draw.ts";

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);
const digits = (text: string) => Array.from(text, Number);
const weighted = (text: string, weights: readonly number[]) =>
  sum(weights.map((weight, at) => weight * Number(text.charAt(at))));

/** A number with its check digit behind it, or with a wrong one. */
export type Make = (draw: Draw, wrong: boolean) => string;

const checked = (text: string, check: number, wrong: boolean) =>
  `${text}${wrong ? (check + 3) % 10 : check}`;

/** Cards of four large issuers, as they are written. */
export const card: Make = ({ filled, one }, wrong) => {
  const [start, length] = one([
    ["4", 16],
    ["51", 16],
    ["55", 16],
    ["2223", 16],
    ["34", 15],
    ["37", 15],
    ["6011", 16],
    ["3530", 16],
  ] as const);
  const body = filled(start.padEnd(length - 1, "#"));
  const doubled = digits(body)
    .toReversed()
    .map((digit, at) => {
      if (at % 2 === 1) return digit;
      return digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    });
  const number = checked(body, (10 - (sum(doubled) % 10)) % 10, wrong);
  const separator = one(["", "", " ", " ", "-"]);
  const groups = length === 15 ? /(\d{4})(\d{6})(\d{5})/ : /(\d{4})(\d{4})(\d{4})(\d{4})/;
  return (groups.exec(number) ?? []).slice(1).join(separator);
};

const ibanForms = [
  "DE##################",
  "GB##@@@@##############",
  "FR##########@@#########",
  "NL##@@@@##########",
  "ES####################",
  "IT##@##########@@@@@@######",
  "CH##################",
  "AT##################",
  "PL##########################",
  "BE##############",
];
const ibanLengths: Readonly<Record<string, number>> = {
  DE: 22,
  GB: 22,
  FR: 27,
  NL: 18,
  ES: 24,
  IT: 27,
  CH: 21,
  AT: 20,
  PL: 28,
  BE: 16,
};

/** Accounts of ten countries, in groups of four or in one piece. */
export const iban: Make = ({ filled, one }, wrong) => {
  const country = one(ibanForms).slice(0, 2);
  const length = (ibanLengths[country] ?? 22) - 4;
  const account = filled((country === "GB" || country === "NL" ? "@@@@" : "").padEnd(length, "#"));
  const letters = `${account}${country}00`.replaceAll(/[A-Z]/g, (letter) =>
    String(letter.charCodeAt(0) - 55),
  );
  const check = 98 - Number(BigInt(letters) % 97n);
  const number = `${country}${String(wrong ? ((check + 5) % 95) + 2 : check).padStart(2, "0")}${account}`;
  const shape = one([0, 1, 1, 2]);
  if (shape === 1) return number.replaceAll(/(.{4})(?=.)/g, "$1 ");
  return shape === 2 ? number.toLowerCase() : number;
};

const pesel: Make = ({ below }, wrong) => {
  const part = (value: number) => String(value).padStart(2, "0");
  const body = `${part(below(100))}${part(1 + below(12) + (below(2) === 1 ? 20 : 0))}${part(1 + below(28))}${String(below(10_000)).padStart(4, "0")}`;
  const check = (10 - (weighted(body, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)) % 10;
  return checked(body, check, wrong);
};

const bsn: Make = ({ filled }, wrong) => {
  for (;;) {
    const body = filled("1#######");
    const check = weighted(body, [9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    if (check < 10) return checked(body, check, wrong);
  }
};

const cpf: Make = ({ filled, one }, wrong) => {
  const body = filled("3########");
  const check = (text: string) => {
    const rest = sum(digits(text).map((digit, at) => digit * (text.length + 1 - at))) % 11;
    return rest < 2 ? 0 : 11 - rest;
  };
  const first = check(body);
  const number = checked(`${body}${first}`, check(`${body}${first}`), wrong);
  return one([0, 1]) === 0 ? number : number.replace(/(...)(...)(...)(..)/, "$1.$2.$3-$4");
};

const taxId: Make = ({ below, one }, wrong) => {
  const left = [..."123456789"].sort(() => below(2) - 0.5);
  const body = [...left.slice(0, 8), left[0], left[8]].join("");
  let product = 10;
  for (const digit of digits(body)) {
    const rest = (digit + product) % 10;
    product = ((rest === 0 ? 10 : rest) * 2) % 11;
  }
  const number = checked(body, (11 - product) % 10, wrong);
  return one([0, 1]) === 0 ? number : number.replace(/(..)(...)(...)(...)/, "$1 $2 $3 $4");
};

const nir: Make = ({ filled, below, one }, wrong) => {
  const body = filled(`${1 + below(2)}##${one(["01", "05", "12"])}75######`);
  const check = 97 - Number(BigInt(body) % 97n);
  const number = `${body}${String(wrong ? (check % 96) + 2 : check).padStart(2, "0")}`;
  return one([0, 1]) === 0
    ? number
    : number.replace(/(.)(..)(..)(..)(...)(...)(..)/, "$1 $2 $3 $4 $5 $6 $7");
};

const ssn: Make = ({ filled, one }, wrong) =>
  filled(`${wrong ? one(["000", "666", "9##"]) : "5##"}-4#-73##`);

const nino: Make = ({ filled, one }, wrong) => {
  const prefix = wrong ? one(["BG", "QQ", "ZZ", "DO", "FY"]) : one(["AB", "CE", "JK", "PR", "TW"]);
  return filled(one([`${prefix}######C`, `${prefix} ## ## ## A`]));
};

const dni: Make = ({ filled, one }, wrong) => {
  const body = filled(one(["########", "X#######", "Y#######"]));
  const value = Number(body.replace("X", "0").replace("Y", "1"));
  return `${body}${"TRWAGMYFPDXBNJZSQVHLCKE".charAt((value + (wrong ? 5 : 0)) % 23)}`;
};

const fiscale: Make = ({ filled, one }, wrong) => {
  const body = filled(`@@@@@@##${one([..."ABCDEHLMPRST"])}1#@###`);
  const odd = [
    1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
  ];
  const ranks = Array.from(body, (sign) =>
    /\d/.test(sign) ? Number(sign) : sign.charCodeAt(0) - 65,
  );
  const total = sum(ranks.map((rank, at) => (at % 2 === 0 ? (odd[rank] ?? 0) : rank)));
  return `${body}${String.fromCharCode(65 + ((total + (wrong ? 7 : 0)) % 26))}`;
};

const dihedral = [
  "0123456789",
  "1234067895",
  "2340178956",
  "3401289567",
  "4012395678",
  "5987604321",
  "6598710432",
  "7659821043",
  "8765932104",
  "9876543210",
];
const permuted = [
  "0123456789",
  "1576283094",
  "5803796142",
  "8916043527",
  "9453126870",
  "4286573901",
  "2793806415",
  "7046913258",
];

const aadhaar: Make = ({ filled, one }, wrong) => {
  const body = filled("3##########");
  let state = 0;
  for (const [at, digit] of digits(body).toReversed().entries())
    state = Number(dihedral[state]?.charAt(Number(permuted[(at + 1) % 8]?.charAt(digit))));
  const check = dihedral[state]?.indexOf("0") ?? 0;
  const number = checked(body, check, wrong);
  return one([0, 1, 2]) === 0 ? number : number.replace(/(....)(....)(....)/, "$1 $2 $3");
};

/** National identity numbers: how they are made, and how people name them. */
export const identities: readonly (readonly [make: Make, sentences: readonly string[]])[] = [
  [ssn, ["My social security number is {}.", "SSN: {}", "{}"]],
  [nino, ["NI number {}", "His NINO is {}", "{}"]],
  [taxId, ["Meine Steuer-ID lautet {}.", "IdNr. {}", "{}"]],
  [nir, ["Numéro de sécurité sociale : {}", "NIR {}", "{}"]],
  [dni, ["Mi DNI es {}", "NIE: {}", "{}"]],
  [fiscale, ["Codice fiscale {}", "C.F. {}", "{}"]],
  [pesel, ["PESEL: {}", "Mój numer PESEL to {}.", "pesel={}"]],
  [bsn, ["Mijn BSN is {}", "burgerservicenummer: {}"]],
  [cpf, ["Meu CPF é {}", "CPF: {}", "{}"]],
  [aadhaar, ["My Aadhaar number is {}", "Aadhaar: {}", "UID {}"]],
];
