/** `npm run walk`: walks from six pasted Actions to a green CI and prints each step with its time; needs `npm run build`. */
import { fileURLToPath } from 'node:url'
import { walk, walkText } from './walk.ts'

const steps = await walk(fileURLToPath(new URL('../..', import.meta.url)))
process.stdout.write(walkText(steps, { times: true }))
const failed = steps.find(({ code }) => code !== 0)
if (failed !== undefined) {
  process.stderr.write(failed.output)
  process.exitCode = 1
}
