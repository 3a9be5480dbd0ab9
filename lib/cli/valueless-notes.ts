import { valuelessSecrets, type Workspace } from '../workspace/index.ts'
import type { Terminal } from './command.ts'

/** So many are named one by one. */
const MOST = 5

/** Says on stderr which secrets of Actions have no value on this machine, and where each can be given one. */
export function tellValueless({ err }: Pick<Terminal, 'err'>, workspace: Workspace): void {
  const found = valuelessSecrets(workspace)
  for (const { owner, secret, at, path } of found.slice(0, MOST)) {
    err(
      `note: the secret "${secret}" of "${owner}" (${at.file}:${at.line}) has no value here: give ${path.join('.')} one in tenant.local.yaml`,
    )
  }
  if (found.length > MOST) err(`note: so have ${found.length - MOST} others`)
}
