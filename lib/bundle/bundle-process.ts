/** A process that bundles: {@link ./bundle-elsewhere.ts} starts it, and hands over the arguments as JSON. */
import { text } from 'node:stream/consumers'
import { ToolkitError } from '../errors.ts'
import { bundleActions } from './bundle-actions.ts'

const [actions, options] = JSON.parse(await text(process.stdin))
try {
  process.stdout.write(JSON.stringify({ built: await bundleActions(actions, options) }))
} catch (error) {
  if (!(error instanceof ToolkitError)) throw error
  const { code, message, hint, file, line, column } = error
  process.stdout.write(JSON.stringify({ failure: { code, message, hint, file, line, column } }))
}
