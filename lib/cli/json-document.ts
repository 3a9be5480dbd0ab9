/**
 * What `--json` of a command prints: one document, which says first what it is. Members that are `undefined` are left
 * out. The shapes that other tools may rely on are in `schemas/`.
 */
export function jsonDocument(command: string, content: object, indent?: number): string {
  return JSON.stringify({ version: 1, command, ...content }, undefined, indent)
}
