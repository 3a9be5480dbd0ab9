import { bundleActions } from '../../lib/bundle/index.ts'
import { createInProcessRuntime, createIsolatedRuntime } from '../../lib/runtime/index.ts'
import { postLoginEvent } from '../../lib/simulator/index.ts'
import { readWorkspace } from '../../lib/workspace/index.ts'
import { type Figure, sideBySide } from './side-by-side.ts'

/** One Action in the child process, beside a call of its handler in this one. */
export async function running(root: string): Promise<Figure[]> {
  const workspace = await readWorkspace(root)
  const [action] = await bundleActions(workspace.actions.slice(0, 1), { root })
  const { code, name, builtFile: file } = action!
  const source = await import('../../actions/enrich-claims.ts')
  const isolated = await createIsolatedRuntime()
  const inProcess = createInProcessRuntime({ [name]: { ...source } })
  const request = () => ({
    action: { name, code, file, secrets: { EU_COUNTRIES: 'DE' } },
    handler: 'onExecutePostLogin' as const,
    event: postLoginEvent(),
  })
  try {
    return await sideBySide([
      { name: 'in this process', run: () => inProcess.run(request()) },
      { name: 'in the child process', run: () => isolated.run(request()) },
    ])
  } finally {
    await isolated.stop()
  }
}
