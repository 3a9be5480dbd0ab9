import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { childEnvironment } from '../child-environment.ts'
import { ToolkitError } from '../errors.ts'
import type { bundleActions as inThisProcess } from './bundle-actions.ts'

/**
 * As `bundleActions`, in a process of its own: for test runners whose `require` knows no ES modules, as the parser is
 * one. The package's CommonJS form uses this one.
 */
export const bundleActions: typeof inThisProcess = async (...args) => {
  const script = fileURLToPath(new URL('./bundle-process.js', import.meta.url))
  const child = spawn(process.execPath, [script], {
    stdio: ['pipe', 'pipe', 'inherit'],
    windowsHide: true,
    env: childEnvironment(),
  })
  child.stdin.end(JSON.stringify(args))
  const answer = await text(child.stdout)
  if (answer === '') throw new ToolkitError('ERR_ENVIRONMENT', 'the process that bundles Actions has failed')
  const { built, failure } = JSON.parse(answer)
  if (failure === undefined) return built
  const { code, message, ...place } = failure
  throw new ToolkitError(code, message, place)
}
