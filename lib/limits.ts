/**
 * How much of something is read. Each limit is far above what real files have, and below where a parser, a recursion
 * or the memory gives up. What is above one is refused with a sentence that names it.
 */
export const LIMITS = {
  /** Brackets within brackets in an Action's source. Minified bundles have some 50; native parsers end at 1500. */
  sourceDepth: 500,
  /** Operators and keywords that hang on each other in one statement, such as `else if`, which counts four. */
  sourceChain: 8000,
  /** UTF-16 units of an Action's source, or of its bundle. Auth0 takes 100 kB; a tree takes a hundred times its text. */
  sourceLength: 5_000_000,
  /** Levels of a contract, a consumer file or an event. Auth0's largest event has 8. */
  jsonDepth: 200,
  /** UTF-16 units of an event. Auth0's have some thousands. */
  eventLength: 2_000_000,
  /** UTF-16 units of a contract or a consumer file. All claims of a token take 100 kB. */
  contractLength: 2_000_000,
  /** Claims of a contract. The names of more do not fit into a token. */
  contractClaims: 2000,
  /** Schemas of a contract, each counted as often as a `$ref` leads to it: a token is judged by each. */
  contractSchemas: 50_000,
  /** UTF-16 units of a YAML file. */
  yamlLength: 2_000_000,
  /** Brackets within brackets of a YAML file, those in its texts too: its parser keeps some kilobytes for each. */
  yamlDepth: 10_000,
  /** Aliases (`*name`) of a YAML file: to find what each stands for, the whole file is gone through. */
  yamlAliases: 200,
  /** Steps of walks through a contract (types, pages, sizes, changes): what is beyond is not looked at. */
  contractSteps: 50_000,
} as const

/** Brackets within brackets of a JSON text at most, without parsing it. Stops counting past `most`. */
export function jsonDepth(text: string, most: number = LIMITS.jsonDepth): number {
  let depth = 0
  let deepest = 0
  for (let at = 0; at < text.length && deepest <= most; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      for (at++; at < text.length && text.charCodeAt(at) !== QUOTE; at++) {
        if (text.charCodeAt(at) === BACKSLASH) at++
      }
    } else if (code === BRACE || code === BRACKET) {
      if (++depth > deepest) deepest = depth
    } else if (code === BRACE + 2 || code === BRACKET + 2) depth--
  }
  return deepest
}

const QUOTE = 34
const BACKSLASH = 92
const BRACKET = 91
const BRACE = 123
