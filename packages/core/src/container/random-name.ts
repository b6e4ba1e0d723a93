import { randomHex } from "../io/index.ts";

const ADJECTIVES =
  "able amber ample brave breezy bright brisk calm candid careful cheerful clear clever cosy curious dapper deft eager early easy fair fleet fluent fond frank fresh gentle glad golden grand happy hardy honest jolly keen kind lively loyal lucid lucky mellow merry mild modest neat nimble noble patient plucky polite proud quick quiet ready robust royal sage sharp silent smart snug sober solid spry stable steady sturdy sunny swift tidy tranquil true trusty upbeat vivid warm wise witty zesty".split(
    " ",
  );

/** People of rivers, boats and computing. */
const SURNAMES =
  "allen amundsen babbage bell bering brunel cook curie darwin dijkstra drake earhart euler faraday fermi floyd franklin gauss goodall hamilton heyerdahl hopper hypatia johnson kernighan knuth lamarr leibniz liskov lovelace magellan maury mccarthy meitner mercator nansen napier newton noether pascal perlman pike plimsoll polo ride ritchie shackleton slocum stevin tasman thompson torvalds turing wilkes wirth zheng".split(
    " ",
  );

/** A name such as calm_lovelace, for a container that was given none. */
export function randomName(): string {
  return `${pick(ADJECTIVES)}_${pick(SURNAMES)}`;
}

function pick(words: readonly string[]): string {
  return words[Number.parseInt(randomHex(4), 16) % words.length] ?? "";
}
