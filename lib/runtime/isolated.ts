import { ignoreDebuggerSignal } from './debugger-signal.ts'
import { Host, type IsolatedRuntimeOptions } from './host.ts'
import { namedNode, ownNode } from './node-program.ts'
import { runnerCode } from './runner-code.ts'
import type { Runtime } from './types.ts'

export type { IsolatedRuntimeOptions } from './host.ts'

/**
 * Starts one warm child process that runs Actions as Auth0 does: Node's built-ins without those that reach the machine
 * (see `confine.ts`), an empty environment, no files but those of declared packages, no other processes, limits of
 * memory and time. A module is kept between runs. After a run that kills the process, the next one gets a new process.
 *
 * The Actions of one runtime share a process: they are one owner's. What holds them apart from the machine, and what
 * does not, is in SECURITY.md.
 *
 * @throws ToolkitError `ERR_ENVIRONMENT` when `node` cannot be started.
 */
export async function createIsolatedRuntime(options: IsolatedRuntimeOptions = {}): Promise<Runtime> {
  ignoreDebuggerSignal()
  const { node: wanted = ownNode() } = options
  const node = typeof wanted === 'string' ? namedNode(wanted) : wanted
  const code = await runnerCode()
  const host = new Host(node, code, options)
  await host.start()
  return host
}
