import type { LoginOptions } from '../simulator/index.ts'
import type { OptionValues } from './command.ts'

/** The flag of each part of a login. */
const FLAGS = {
  user: 'user',
  client: 'client',
  audience: 'audience',
  scope: 'scope',
  organization: 'org',
} as const satisfies Partial<Record<keyof LoginOptions, string>>

/** The parts of a login that a command line names, by `--user`, `--client`, `--audience`, `--scope` and `--org`. */
export function namedLogin(values: OptionValues): LoginOptions {
  return Object.fromEntries(
    Object.entries(FLAGS).flatMap(([option, flag]) =>
      typeof values[flag] === 'string' ? [[option, values[flag]]] : [],
    ),
  )
}

/** The flag of an option. */
export function flagOf(option: string): string {
  return Object.hasOwn(FLAGS, option) ? FLAGS[option as keyof typeof FLAGS] : option
}
