import { LineCounter, parseDocument } from 'yaml'
import { ToolkitError } from '../errors.ts'
import { jsonDepth, LIMITS } from '../limits.ts'
import { jsonText } from './json-text.ts'
import { positionsIn, type YamlFile } from './yaml-file.ts'

/**
 * Parses a JSON file of the deploy CLI's directory format, with markers in it. `file` is the path as the user would
 * type it; it goes into positions and errors. No error holds a text of the file. Of a name that stands twice the last
 * value counts.
 *
 * @throws {ToolkitError} `ERR_INPUT` with line and column when the text is not JSON, or is too long or too deep.
 */
export function parseJson(text: string, file: string): YamlFile {
  const failAt = (offset: number, message: string): never => {
    const before = text.slice(0, offset).split('\n')
    throw new ToolkitError('ERR_INPUT', `"${file}" is not valid JSON: ${message}`, {
      file,
      line: before.length,
      column: before.at(-1)!.length + 1,
      hint: 'Correct the line.',
    })
  }
  if (text.length > LIMITS.yamlLength) failAt(0, `it has more than ${LIMITS.yamlLength} characters`)
  if (jsonDepth(text) > LIMITS.jsonDepth) failAt(0, `it has more than ${LIMITS.jsonDepth} levels`)
  const { text: quoted, fault } = jsonText(text)
  if (fault !== undefined) failAt(fault.offset, fault.message)
  let value: unknown
  try {
    value = JSON.parse(quoted)
  } catch {
    failAt(0, 'a text has a character or an escape that JSON does not know')
  }
  let positionOf: YamlFile['positionOf'] | undefined
  return {
    value,
    positionOf(path) {
      // Most files are never asked.
      positionOf ??= positionsOf(quoted, file)
      return positionOf(path)
    },
  }
}

/** JSON is YAML. */
function positionsOf(text: string, file: string): YamlFile['positionOf'] {
  const lineCounter = new LineCounter()
  const options = { lineCounter, prettyErrors: false, logLevel: 'silent', uniqueKeys: false } as const
  try {
    return positionsIn(parseDocument(text, options), lineCounter, file)
  } catch {
    return () => ({ file, line: 1, column: 1 })
  }
}
