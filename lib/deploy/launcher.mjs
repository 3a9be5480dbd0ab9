// @ts-check
/**
 * Runs the deploy CLI's `deploy()` in a process of its own: its configuration is global, its logs go to the console,
 * and it trusts certificates only from start. Plain JavaScript, so that it runs from sources and from dist alike.
 * The job comes as one JSON text on stdin; the outcome goes as one message over IPC.
 */
import { createRequire } from 'node:module'
import { text } from 'node:stream/consumers'

/**
 * @typedef {{
 *   mode: 'import' | 'export', domain: string, local: boolean, cli: string, config: Record<string, unknown>,
 *   basePath?: string, assets?: Record<string, unknown>, outputFolder?: string,
 * }} Job
 */

/** @type {Job} */
const job = JSON.parse(await text(process.stdin))

for (const name of Object.keys(process.env)) {
  if (name.startsWith('AUTH0_')) delete process.env[name]
}

/** @param {string} domain */
function isLoopback(domain) {
  try {
    return ['localhost', '127.0.0.1', '[::1]'].includes(new URL(`https://${domain}`).hostname)
  } catch {
    return false
  }
}

/** @param {unknown} error */
function chain(error) {
  /** @type {{ message: string, code?: string, statusCode?: number, stage?: string, type?: string }[]} */
  const links = []
  for (
    let at = /** @type {any} */ (error), depth = 0;
    at && depth < 8;
    at = at.cause ?? at.errors?.[0], depth++
  ) {
    links.push({
      message: String(at.message ?? at),
      ...(typeof at.code === 'string' && { code: at.code }),
      ...(typeof at.statusCode === 'number' && { statusCode: at.statusCode }),
      ...(typeof at.stage === 'string' && { stage: at.stage }),
      ...(typeof at.type === 'string' && { type: at.type }),
      ...(typeof at.body?.message === 'string' && { answer: at.body.message }),
    })
  }
  return links
}

/** @param {unknown} message */
async function finish(message) {
  await new Promise((resolve) => process.send?.(message, resolve))
  process.disconnect?.()
}

try {
  if (job.local && !isLoopback(job.domain)) throw new Error('a local deploy only goes to this machine')
  const require = createRequire(job.cli)
  if (job.assets !== undefined) {
    // The CLI compiles its JSON Schema twice, for every type there is: most of an import's time. What the file does not
    // have needs no schema.
    try {
      if (!('prompts' in job.assets)) {
        // Nearly all of it, and built when it is loaded.
        const prompts = require('./tools/auth0/handlers/prompts')
        prompts.schema.properties.customText = { type: 'object' }
        prompts.schema.properties.screenRenderers = { type: 'array' }
      }
      const { properties } = require('./tools/auth0/schema').default
      for (const [type, schema] of Object.entries(properties)) {
        if (!(type in job.assets) && !('default' in schema)) properties[type] = {}
      }
    } catch {
      // Another version of the CLI: the slow way works as well.
    }
  }
  if (job.local) {
    // A real tenant limits the rate of calls, and needs seconds until what was deployed can be bound; the local one
    // does neither.
    try {
      const utils = require('./tools/utils')
      const { sleep } = utils
      utils.sleep = (/** @type {number} */ milliseconds) => sleep(milliseconds / 40)
      const pools = require('promise-pool-executor')
      const { PromisePoolExecutor } = pools
      pools.PromisePoolExecutor = class extends PromisePoolExecutor {
        /** @param {object} options */
        constructor(options) {
          super({ ...options, frequencyLimit: undefined, frequencyWindow: undefined })
        }
      }
    } catch {
      // As above.
    }
  }
  const { deploy, dump } = require('./index.js')
  if (job.mode === 'import') {
    await deploy({ input_file: job.assets, base_path: job.basePath, config: job.config, env: false })
  } else {
    await dump({ output_folder: job.outputFolder, format: 'yaml', config: job.config, env: false })
  }
  await finish({ ok: true })
} catch (error) {
  await finish({ ok: false, errors: chain(error) })
  process.exitCode = 1
}
