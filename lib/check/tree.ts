/**
 * A node of the syntax tree (ESTree, with TypeScript's nodes). Loosely typed on purpose: the interpreter
 * looks at `type` and takes the fields that ESTree gives to that type.
 */
export interface Node {
  type: string
  start: number
  end: number
  // biome-ignore lint/suspicious/noExplicitAny: the fields depend on `type`, and ESTree names some ninety types.
  [field: string]: any
}
