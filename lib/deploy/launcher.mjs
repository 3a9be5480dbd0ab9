// @ts-check
/**
 * Runs the deploy CLI's `deploy()` in a process of its own: its configuration is global, and its logs go to the
 * console. It has no network: each call goes over IPC to the process that started it, and the answer comes back the
 * same way. Plain JavaScript, so that it runs from sources and from dist alike. The place of the CLI is its argument;
 * the job comes as one JSON text on stdin, once there is one; the outcome goes as one message over IPC.
 */
import { createRequire } from 'node:module'
import { relative, sep } from 'node:path'
import { text } from 'node:stream/consumers'

/**
 * @typedef {{
 *   mode: 'import' | 'export', domain: string, folder: string, quiet: boolean, config: Record<string, unknown>,
 *   basePath?: string, assets?: Record<string, unknown>, outputFolder?: string,
 * }} Job
 */

/** @type {Job} */
let job

for (const name of Object.keys(process.env)) {
  if (name.startsWith('AUTH0_')) delete process.env[name]
}

/** Key of tenant.yaml that the CLI works on. */
let type = ''
let calls = 0
/** @type {Map<number, (answer: any) => void>} */
const waiting = new Map()

process.on('message', (/** @type {any} */ answer) => {
  waiting.get(answer.call)?.(answer)
  waiting.delete(answer.call)
})
// Without the process that answers there is nothing to do.
process.on('disconnect', () => process.exit())

globalThis.fetch = async (input, init) => {
  const url = new URL(String(input))
  if (url.host !== job.domain.toLowerCase() || !url.pathname.startsWith('/api/v2/')) {
    throw new TypeError(`"${url.host}${url.pathname}" is not a call of the Management API`)
  }
  const call = ++calls
  const text = init?.body
  const answer = await new Promise((resolve) => {
    waiting.set(call, resolve)
    process.send?.({
      call,
      type,
      method: (init?.method ?? 'GET').toUpperCase(),
      path: `${url.pathname.slice('/api/v2'.length)}${url.search}`,
      ...(typeof text === 'string' && text !== '' && { body: JSON.parse(text) }),
    })
  })
  if (answer.error !== undefined) throw new TypeError('fetch failed', { cause: new Error(answer.error) })
  const body = answer.json === undefined ? null : JSON.stringify(answer.json)
  return new Response(body, { status: answer.status, headers: { 'content-type': 'application/json' } })
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

/**
 * Exports the tenant: what the CLI would write into tenant.yaml, and the files beside it. Nothing is written. In paths
 * stands `=<hexadecimal>=` for a name, since the CLI gives two names that are alike one file. A type that the tenant
 * does not let be read, or that the CLI cannot write, is left out and named.
 *
 * @param {NodeJS.Require} require
 */
async function exported(require) {
  /** @type {[file: string, content: string][]} */
  const files = []
  /** @type {{ type: string, stage: string, errors: object[] }[]} */
  const failed = []
  let assets = {}
  const folder = job.outputFolder ?? ''
  const fs = require('fs-extra')
  fs.ensureDirSync = () => {}
  fs.writeFileSync = (/** @type {string} */ file, /** @type {unknown} */ content) =>
    files.push([relative(folder, file).split(sep).join('/'), String(content ?? '')])
  require('js-yaml').dump = (/** @type {object} */ value) => {
    assets = value
    return ''
  }
  require('./utils').sanitize = (/** @type {unknown} */ name) =>
    /^=(?:[0-9a-f]{2})*=$/.test(String(name)) ? name : `=${Buffer.from(String(name ?? '')).toString('hex')}=`
  // What is a secret is decided, and named, where the export is used.
  require('./tools/utils').maskSecretAtPath = (/** @type {{ maskOnObj: object }} */ { maskOnObj }) =>
    maskOnObj
  const defaults = require('./context/defaults')
  defaults.sortAttackProtectionArrays = (/** @type {object} */ value) => value
  // They put markers over what the tenant shows, and where it has nothing.
  defaults.emailProviderDefaults = (/** @type {object} */ value) => value
  defaults.attackProtectionDefaults = (/** @type {object} */ value) => value
  for (const { default: Handler } of Object.values(require('./tools/auth0/handlers').default)) {
    const { load } = Handler.prototype
    Handler.prototype.load = Object.assign(
      /** @this {any} */
      async function (/** @type {any[]} */ ...given) {
        type = this.type
        try {
          return await load.apply(this, given)
        } catch (error) {
          failed.push({ type: this.type, stage: 'load', errors: chain(error) })
          return { [this.type]: null }
        }
      },
      { order: load.order },
    )
  }
  for (const [name, handler] of Object.entries(require('./context/yaml/handlers').default)) {
    const { dump } = handler
    handler.dump = async (/** @type {object} */ context) => {
      try {
        return await dump(context)
      } catch (error) {
        failed.push({ type: name, stage: 'dump', errors: chain(error) })
        return { [name]: null }
      }
    }
  }
  await require('./index.js').dump({ output_folder: folder, format: 'yaml', config: job.config, env: false })
  return { assets, files, failed }
}

/**
 * What is left out by name: the CLI takes it from its settings where it reads a file, and forgets it where it is given
 * the content, as here.
 *
 * @param {Record<string, unknown>} config
 */
function leftOut(config) {
  return {
    exclude: {
      rules: config.AUTH0_EXCLUDED_RULES ?? [],
      clients: config.AUTH0_EXCLUDED_CLIENTS ?? [],
      databases: config.AUTH0_EXCLUDED_DATABASES ?? [],
      connections: config.AUTH0_EXCLUDED_CONNECTIONS ?? [],
      resourceServers: config.AUTH0_EXCLUDED_RESOURCE_SERVERS ?? [],
      defaults: config.AUTH0_EXCLUDED_DEFAULTS ?? [],
    },
    include: { connections: config.AUTH0_INCLUDED_CONNECTIONS ?? [] },
  }
}

/** @param {unknown} message */
async function finish(message) {
  await new Promise((resolve) => process.send?.(message, resolve))
  process.disconnect?.()
}

try {
  const require = createRequire(/** @type {string} */ (process.argv[2]))
  /** @type {Record<string, object> | undefined} */
  let schemas
  // The CLI compiles its JSON Schema twice, for every type there is: most of an import's time.
  try {
    // Nearly all of it, and built when it is loaded: each screen of each prompt in each language is an object.
    const { languages } = require('./types')
    const kept = languages.splice(0)
    const prompts = require('./tools/auth0/handlers/prompts')
    languages.push(...kept)
    const texts = (/** @type {number} */ depth) =>
      depth === 0 ? { type: 'object' } : { type: 'object', additionalProperties: texts(depth - 1) }
    prompts.schema.properties.customText = texts(3)
    prompts.schema.properties.screenRenderers = { type: 'array', items: { type: 'object' } }
    schemas = require('./tools/auth0/schema').default.properties
  } catch {
    // Another version of the CLI: the slow way works as well.
  }
  // Nothing is written while it runs: there is no build to wait for, and whoever answers keeps to the tenant's limits.
  try {
    const utils = require('./tools/utils')
    utils.sleep = async () => {}
    const pools = require('promise-pool-executor')
    const { PromisePoolExecutor } = pools
    pools.PromisePoolExecutor = class extends PromisePoolExecutor {
      /** @param {object} options */
      constructor(options) {
        super({ ...options, frequencyLimit: undefined, frequencyWindow: undefined })
      }
    }
    for (const { default: Handler } of Object.values(require('./tools/auth0/handlers').default)) {
      const { processChanges } = Handler.prototype
      Handler.prototype.processChanges = Object.assign(
        /** @this {any} */
        async function (/** @type {any[]} */ ...given) {
          type = this.type
          return processChanges.apply(this, given)
        },
        { order: processChanges.order },
      )
    }
  } catch {
    // As above.
  }
  const { deploy } = require('./index.js')
  const { default: logger } = require('./logger')
  job = JSON.parse(await text(process.stdin))
  process.chdir(job.folder)
  if (job.quiet) logger.level = 'warn'
  // What the file does not have needs no schema.
  for (const [type, schema] of Object.entries(job.assets === undefined ? {} : (schemas ?? {}))) {
    if (schemas !== undefined && !(type in (job.assets ?? {})) && !('default' in schema)) schemas[type] = {}
  }
  if (job.mode === 'import') {
    const assets = { ...leftOut(job.config), ...job.assets }
    await deploy({ input_file: assets, base_path: job.basePath, config: job.config, env: false })
    await finish({ ok: true })
  } else {
    await finish({ ok: true, exported: await exported(require) })
  }
} catch (error) {
  await finish({ ok: false, errors: chain(error) })
  process.exitCode = 1
}
