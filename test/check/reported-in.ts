import { called } from '../helpers/called.ts'
import { folderWith } from '../helpers/folder.ts'
import { CLEAN, type Scene } from './rule-scenes.ts'

interface Output {
  findings?: { rule: string; severity: string }[]
  writes?: { rule?: string }[]
  scopeTrace?: { rule?: string }[]
  refresh?: Output
}

/** Rules that a command reports in a scene, each with its severity; `none` for what it says of a write or a scope only. */
export async function reportedIn({ command, args, files }: Scene): Promise<string[][]> {
  const all = Object.entries({ ...CLEAN, ...files })
  const cwd = await folderWith(
    Object.fromEntries(all.filter((entry) => entry[1] !== undefined)) as Record<string, string>,
  )
  const { out, err, code } = await called(cwd, command, args)
  if (code === 70) throw new Error(err)
  if (args.includes('--json')) return ofOutput(JSON.parse(out))
  return [...(out + err).matchAll(/^\S+ (error|warning|info) ([a-z]+\/[a-z0-9-]+) /gm)].map(
    ([, severity, rule]) => [rule!, severity!],
  )
}

function ofOutput({ findings = [], writes = [], scopeTrace = [], refresh }: Output): string[][] {
  return [
    ...findings.map(({ rule, severity }) => [rule, severity]),
    ...[...writes, ...scopeTrace].flatMap(({ rule }) => (rule === undefined ? [] : [[rule, 'none']])),
    ...(refresh === undefined ? [] : ofOutput(refresh)),
  ]
}
