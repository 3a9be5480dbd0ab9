import { ToolkitError } from '../errors.ts'

/** Where the local tenant listens for apps unless told. */
export const DEFAULT_PORT = 4000

/** @throws {ToolkitError} `ERR_USAGE` for what is no port. */
export function portOf(text: string | boolean | undefined, command: string): number {
  if (text === undefined) return DEFAULT_PORT
  const port = Number(text)
  if (/^\d{1,5}$/.test(String(text)) && port <= 65_535) return port
  throw new ToolkitError('ERR_USAGE', `--port must be a number from 0 to 65535, not "${String(text)}"`, {
    hint: `Run claims ${command} --help.`,
  })
}
