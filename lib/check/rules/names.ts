import { builtinModules } from 'node:module'
import { type Finding, type RuleTable, reporter } from '../../finding.ts'
import type { Trigger } from '../../triggers/index.ts'
import { type FreeName, type MisusedName, resolveNames } from '../names.ts'
import { nearest } from '../nearest.ts'
import type { Program } from '../program.ts'
import { RUNTIME_GLOBALS } from '../runtime-globals.ts'
import { SOURCES } from './sources.ts'

export const nameRules = {
  'bundle/undefined-name': {
    severity: 'error',
    evidence: 'code',
    source: SOURCES.loader,
    summary: 'Every name that the code uses is declared, or is there in Auth0’s Node.',
    why: 'Reading another one is a ReferenceError, which fails the login. Rules and database scripts had context, callback, configuration and auth0; Actions have event and api, and browsers have window. The global crypto is that of browsers: createHash is in node:crypto. What is only written becomes a global variable, which later logins find.',
    example: {
      before:
        "exports.onExecutePostLogin = async (event, api) => { context.idToken['https://acme.example/plan'] = 'team' }",
      after:
        "exports.onExecutePostLogin = async (event, api) => { api.idToken.setCustomClaim('https://acme.example/plan', 'team') }",
    },
  },
  'bundle/misused-name': {
    severity: 'error',
    evidence: 'standard',
    source: 'https://tc39.es/ecma262/#sec-declarative-environment-records',
    summary: 'A name is used after its declaration, and a constant is not assigned to.',
    why: 'Both throw once the code gets there, which fails the login.',
    example: {
      before:
        "exports.onExecutePostLogin = async (event, api) => { const name = name ?? 'x'; api.idToken.setCustomClaim('https://acme.example/name', name) }",
      after:
        "exports.onExecutePostLogin = async (event, api) => { const name = event.user.name ?? 'x'; api.idToken.setCustomClaim('https://acme.example/name', name) }",
    },
  },
} as const satisfies RuleTable

const report = reporter(nameRules)

/** Uses of names that nothing declares, in an Action's own sources. Says nothing of files without a handler: they may be parts. */
export function* undefinedNames({ walked, tree, positionAt }: Program): Generator<Finding> {
  const { exports, meant } = walked
  if (meant === undefined && ![...exports.keys()].some((name) => /^on[A-Z]/.test(name))) return
  for (const { kind, offset, caught, ...one } of walked.observations) {
    if (kind === 'absent-function' && 'name' in one) {
      yield report('bundle/undefined-name', positionAt(offset), absentFunction(String(one.name), caught))
    }
  }
  const { free: frees, misused } = resolveNames(tree)
  for (const one of misused) {
    const at = positionAt(one.offset)
    if (!isPackage(at.file)) yield report('bundle/misused-name', at, misusedName(one, walked))
  }
  for (const free of frees) {
    if (RUNTIME_GLOBALS.has(free.name)) continue
    const at = positionAt(free.offset)
    if (isPackage(at.file)) continue
    yield report(
      'bundle/undefined-name',
      at,
      free.written ? madeGlobal(free, walked.trigger) : unknownName(free, walked),
    )
  }
}

function isPackage(file: string): boolean {
  return /(?:^|[\\/])node_modules[\\/]/.test(file)
}

function misusedName({ name, caught, within, fault }: MisusedName, { ran, trigger }: Program['walked']) {
  const runs = within.every((node) => ran.has(node))
  const fails = caught || !runs ? '' : ` and fails the ${trigger.execution}`
  return {
    severity: caught || !runs ? ('warning' as const) : ('error' as const),
    message:
      fault === 'early'
        ? `"${name}" is used before its declaration has run: this throws a ReferenceError${fails}.`
        : `"${name}" is a constant: assigning to it throws a TypeError${fails}.`,
    hint:
      fault === 'early'
        ? 'Move the declaration up, or give one of two things of this name another one.'
        : `Declare it with let ${name}, or give the new value a name of its own.`,
  }
}

function absentFunction(name: string, caught: boolean) {
  return {
    severity: caught ? ('warning' as const) : ('error' as const),
    message: `${name} is not defined: calling it throws.`,
    hint: name.startsWith('crypto.')
      ? "The global crypto is that of browsers. Write: const crypto = require('node:crypto')."
      : "Write: const { ManagementClient } = require('auth0'), and declare the package.",
  }
}

function madeGlobal({ name }: FreeName, { execution, subject }: Trigger) {
  return {
    severity: 'warning' as const,
    message: `"${name}" is not declared: this makes a global variable, which later ${execution}s, of other ${subject}s, find.`,
    hint: `Declare it where it is used: let ${name}`,
  }
}

function unknownName(free: FreeName, { ran, trigger }: Program['walked']) {
  const { name, caught, within } = free
  const runs = within.every((node) => ran.has(node))
  return {
    severity: runs && !caught ? ('error' as const) : ('warning' as const),
    message: `"${name}" is not defined: ${
      caught
        ? 'this throws a ReferenceError, which the code catches.'
        : runs
          ? `this throws a ReferenceError and fails the ${trigger.execution}.`
          : 'this throws a ReferenceError when it runs.'
    }`,
    hint: meantBy(free, trigger),
  }
}

/** What is meant by names that Rules, browsers and ES modules have, and Actions have not; a trigger may know more. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  context: 'Rules had it: an Action has event and api.',
  callback: 'Rules had it: an Action just returns.',
  configuration: 'Rules and database scripts had it: an Action reads event.secrets.',
  auth0: "Rules had it: write const { ManagementClient } = require('auth0'), and declare the package.",
  alert: 'Browsers have it: write to the log with the console object.',
  localStorage: 'Browsers have it: an Action keeps something in api.cache.',
  sessionStorage: 'Browsers have it: an Action keeps something in api.cache.',
  window: 'Browsers have it: Actions run in Node.',
  document: 'Browsers have it: Actions run in Node.',
  location: 'Browsers have it: Actions run in Node.',
  XMLHttpRequest: 'Browsers have it: call other systems with fetch(...).',
  self: 'Browsers have it: write globalThis.',
  __dirname:
    "Auth0's loader gives module, exports, require and console only: an Action has no folder of its own.",
  __filename:
    "Auth0's loader gives module, exports, require and console only: an Action has no file of its own.",
}

/** Names under which people load packages. */
const PACKAGES: Readonly<Record<string, string>> = {
  _: 'lodash',
  axios: 'axios',
  got: 'got',
  jwt: 'jsonwebtoken',
  jsonwebtoken: 'jsonwebtoken',
  jose: 'jose',
  lodash: 'lodash',
  moment: 'moment',
  uuid: 'uuid',
  uuidv4: 'uuid',
  request: 'request',
  rp: 'request-promise',
  ManagementClient: 'auth0',
  AuthenticationClient: 'auth0',
  stripe: 'stripe',
  twilio: 'twilio',
}

function meantBy({ name, visible }: FreeName, { eventShape, methods, instead }: Trigger): string {
  const declared = [...visible()]
  if (name === 'event' || name === 'api') return handedOn(name, declared)
  if (Object.hasOwn(instead, name)) return instead[name]!
  if (Object.hasOwn(ELSEWHERE, name)) return ELSEWHERE[name]!
  const near = nearest(name, declared)
  if (near !== undefined && name.length > 2) return `Did you mean ${near}? Else declare it.`
  if (Object.hasOwn(eventShape.members!, name)) return `Did you mean event.${name}? Else declare it.`
  if (Object.hasOwn(methods, name)) return `Did you mean api.${name}? Else declare it.`
  if (Object.hasOwn(PACKAGES, name)) return loaded(name, PACKAGES[name]!)
  if (builtinModules.includes(name)) return loaded(name, `node:${name}`)
  const global = nearest(name, RUNTIME_GLOBALS)
  return global === undefined
    ? 'Declare it, or load what it comes from with require(...).'
    : `Did you mean ${global}? Else declare it.`
}

function handedOn(name: string, declared: readonly string[]): string {
  return declared.includes('event') || declared.includes('api')
    ? `Take it as a parameter as well: (event, api).`
    : `Only the handler gets ${name}: hand it on to this function as an argument.`
}

function loaded(name: string, source: string): string {
  const what = /^[A-Z]/.test(name) ? `{ ${name} }` : name
  return `Load it: const ${what} = require('${source}')${source.startsWith('node:') ? '' : ', and declare the package'}.`
}
