import {
  createIsolatedRuntime,
  findNode,
  type Network,
  type NodeProgram,
  type RunnableAction,
  runtimeOf,
} from '../runtime/index.ts'
import type { RunRequest, RunResult, Runtime } from '../runtime/types.ts'
import { type Mask, maskOf, type Workspace } from '../workspace/index.ts'

/**
 * A child process for the Actions of a workspace, with its packages, on the Node that the user named, else on one of
 * the version that the Actions are deployed to, if this machine has it. What Actions throw or log comes back without
 * the values of their secrets: a command prints it, also in CI.
 */
export async function workspaceRuntime(
  workspace: Workspace,
  named?: unknown,
  network: Network = 'refuse',
): Promise<Runtime> {
  const node: string | NodeProgram | undefined =
    typeof named === 'string' ? named : findNode(runtimeOf(workspace.actions), workspace.root)
  return withoutSecrets(
    await createIsolatedRuntime({
      network,
      resolveFrom: workspace.root,
      packages: packagesOf(workspace.actions),
      ...(node !== undefined && { node }),
    }),
  )
}

/** Shorter values are settings, such as a region: a text would lose words that tell nothing. */
const SHORTEST_SECRET = 8

/** The same runtime; errors and logs of its runs have `***` for the secrets of the Action and of its modules. */
function withoutSecrets(runtime: Runtime): Runtime {
  const masks = new WeakMap<RunnableAction, Mask>()
  const maskFor = (action: RunnableAction): Mask => {
    const known = masks.get(action)
    if (known !== undefined) return known
    const owners = [action, ...Object.values(action.modules ?? {})]
    const secrets = owners
      .flatMap(({ secrets }) => Object.values(secrets))
      .filter(({ length }) => length >= SHORTEST_SECRET)
    const mask = maskOf({ keywords: {}, secrets })
    masks.set(action, mask)
    return mask
  }
  return Object.create(runtime, {
    run: {
      value: async (request: RunRequest): Promise<RunResult> => {
        const result = await runtime.run(request)
        const { error, logs } = result
        if (error === undefined && logs.length === 0) return result
        const { text } = maskFor(request.action)
        return {
          ...result,
          logs: logs.map((line) => ({ ...line, text: text(line.text) })),
          ...(error !== undefined && {
            error: {
              ...error,
              message: text(error.message),
              ...(error.stack !== undefined && { stack: text(error.stack) }),
            },
          }),
        }
      },
    },
    stop: { value: () => runtime.stop() },
    nodeVersion: { value: runtime.nodeVersion },
  })
}

/** The same for Actions that the tenant has, whoever wrote them: in a sandbox, and without a network. */
export function foreignRuntime(workspace: Workspace, actions: readonly RunnableAction[]): Promise<Runtime> {
  const found = findNode(runtimeOf(workspace.actions), workspace.root)
  // An older Node has no permissions to hold it with.
  const node = found !== undefined && /^v1?\d\./.test(found.version) ? undefined : found
  return createIsolatedRuntime({
    network: 'refuse',
    foreign: true,
    resolveFrom: workspace.root,
    packages: actions.flatMap(({ dependencies = [] }) => dependencies),
    ...(node !== undefined && { node }),
  })
}

const packagesOf = (actions: Workspace['actions']) =>
  actions.flatMap(({ dependencies }) => dependencies.map(({ name }) => name))

/** Which Node it was, and whether it is the one that Auth0 takes. */
export function nodeNote(workspace: Workspace, version: string): string {
  const wanted = runtimeOf(workspace.actions)
  const same = version.startsWith(`v${wanted.slice('node'.length)}.`)
  const other = same ? '' : ` Auth0 runs these Actions on ${wanted}: name one with --node, or install it.`
  return `Ran on Node ${version}.${other}`
}
