/** Characters by their code points. */
export interface CharacterSet {
  readonly contains: (code: number) => boolean;
}

const CLASSES: Readonly<Record<string, RegExp>> = {
  alnum: /[0-9A-Za-z]/,
  alpha: /[A-Za-z]/,
  ascii: /[\0-\x7f]/,
  blank: /[\t ]/,
  cntrl: /[\0-\x1f\x7f]/,
  digit: /[0-9]/,
  graph: /[!-~]/,
  lower: /[a-z]/,
  print: /[ -~]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /[\t\n\v\f\r ]/,
  upper: /[A-Z]/,
  word: /[0-9A-Za-z_]/,
  xdigit: /[0-9A-Fa-f]/,
};

/** The class of `[[:name:]]`. */
export function classNamed(name: string): CharacterSet | undefined {
  const expression = Object.hasOwn(CLASSES, name) ? CLASSES[name] : undefined;
  return expression === undefined
    ? undefined
    : { contains: (code) => expression.test(String.fromCodePoint(code)) };
}

const PERL: Readonly<Record<string, RegExp>> = {
  d: /[0-9]/,
  D: /[^0-9]/,
  s: /[\t\n\f\r ]/,
  S: /[^\t\n\f\r ]/,
  w: /[0-9A-Za-z_]/,
  W: /[^0-9A-Za-z_]/,
};

/** The class of `\d`, `\W` and so on: RE2's are of ASCII. */
export function perlClass(letter: string): CharacterSet | undefined {
  const expression = Object.hasOwn(PERL, letter) ? PERL[letter] : undefined;
  return expression === undefined
    ? undefined
    : { contains: (code) => expression.test(String.fromCodePoint(code)) };
}
