import { ToolkitError } from '../errors.ts'
import type { OptionValues, Terminal } from './command.ts'

/**
 * Asks whether a real tenant may be written, after showing what is to happen; `--yes` answers it beforehand.
 *
 * @throws {ToolkitError} `ERR_USAGE` when nobody can be asked, or the answer is not the domain or `yes`.
 */
export async function confirmed(
  terminal: Terminal,
  values: OptionValues,
  domain: string,
  about: readonly string[],
): Promise<void> {
  if (values['yes'] === true) return
  for (const line of about) terminal.err(line)
  if (!terminal.interactive) {
    throw new ToolkitError('ERR_USAGE', `"${domain}" is a real tenant, and --yes is not given`, {
      hint: 'With --yes what stands above is carried out.',
    })
  }
  const answer = await terminal.ask(`Write to ${domain}? Type yes: `)
  if (answer.trim().toLowerCase() === 'yes') return
  throw new ToolkitError('ERR_USAGE', 'nothing was written, as the answer was not "yes"')
}
