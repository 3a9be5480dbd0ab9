// @ts-check
/**
 * The deploy CLI as it is installed, in a process that does one command after another: loading it and compiling its
 * schema takes most of its time. Of the CLI only its waiting is taken out, and the schema is compiled once. Each
 * message is one command; the answer says how it ended.
 */
import { createRequire } from 'node:module'

const require = createRequire(createRequire(import.meta.url).resolve('auth0-deploy-cli'))
const Ajv = require('ajv/lib/ajv')
const { validate } = Ajv.prototype
/** @type {any} */
let first
Ajv.prototype.validate = function (/** @type {object} */ schema, /** @type {unknown} */ data) {
  first ??= this
  const valid = validate.call(first, schema, data)
  this.errors = first.errors
  return valid
}
require('./tools/utils').sleep = async () => {}
const pools = require('promise-pool-executor')
const { PromisePoolExecutor } = pools
pools.PromisePoolExecutor = class extends PromisePoolExecutor {
  /** @param {object} options */
  constructor(options) {
    super({ ...options, frequencyLimit: undefined, frequencyWindow: undefined })
  }
}
const { deploy, dump } = require('./index.js')

process.on('disconnect', () => process.exit())
let work = Promise.resolve()
process.on('message', (/** @type {any} */ { id, command, options }) => {
  work = work.then(async () => {
    try {
      await (command === 'import' ? deploy(options) : dump(options))
      process.send?.({ id })
    } catch (error) {
      process.send?.({ id, error: /** @type {Error} */ (error).message })
    }
  })
})
