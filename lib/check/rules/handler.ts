import { type Finding, type RuleTable, reporter } from '../../finding.ts'
import { methodsWith, postLogin, type Trigger, triggerOfHandler } from '../../triggers/index.ts'
import type { Value } from '../flow/values.ts'
import type { Program } from '../program.ts'
import type { Node } from '../tree.ts'
import { SOURCES } from './sources.ts'

export const handlerRules = {
  'handler/not-async': {
    severity: 'error',
    evidence: 'code',
    source: SOURCES.loader,
    summary: 'A handler is a native async function.',
    why: 'The loader looks at the kind of function and refuses others.',
    example: {
      before: 'exports.onExecutePostLogin = (event, api) => {}',
      after: 'exports.onExecutePostLogin = async (event, api) => {}',
    },
  },
  'handler/not-exported': {
    severity: 'error',
    evidence: 'code',
    source: SOURCES.loader,
    summary: 'An Action exports a handler of its trigger.',
    why: 'Without one the Action cannot run.',
    example: {
      before: 'async function onExecutePostLogin(event, api) {}',
      after: 'exports.onExecutePostLogin = async (event, api) => {}',
    },
  },
  'handler/no-continue': {
    severity: 'warning',
    evidence: 'documentation',
    source: 'https://auth0.com/docs/customize/actions/redirect-with-actions',
    summary: 'An Action that sends the user away has a handler for the way back.',
    why: 'After a redirect or a form the login goes on in the other handler of the same Action. It must be exported, if only to do nothing.',
    example: {
      before:
        "exports.onExecutePostLogin = async (event, api) => { api.redirect.sendUserTo('https://acme.example/') }",
      after:
        "exports.onExecutePostLogin = async (event, api) => { api.redirect.sendUserTo('https://acme.example/') }; exports.onContinuePostLogin = async (event, api) => {}",
    },
  },
  'handler/unused-continue': {
    severity: 'warning',
    evidence: 'documentation',
    source: 'https://auth0.com/docs/customize/actions/redirect-with-actions',
    summary: 'A handler for the way back belongs to an Action that sends the user away.',
    why: 'Only the Action that redirects, or renders a form, is asked when the user comes back. Factors that are asked for go on with the next Action.',
    example: {
      before:
        "exports.onExecutePostLogin = async (event, api) => {}; exports.onContinuePostLogin = async (event, api) => { api.idToken.setCustomClaim('https://acme.example/a', 1) }",
      after:
        "exports.onExecutePostLogin = async (event, api) => { api.idToken.setCustomClaim('https://acme.example/a', 1) }",
    },
  },
  'handler/returned-value': {
    severity: 'warning',
    evidence: 'inference',
    source: SOURCES.api,
    summary: 'A handler returns nothing.',
    why: 'What it returns reaches nobody: it acts by what it calls. Rules and hooks handed their result on.',
    example: {
      before: 'exports.onExecutePostLogin = async (event, api) => { return { user: event.user } }',
      after: 'exports.onExecutePostLogin = async (event, api) => { return }',
    },
  },
  'handler/rules-style': {
    severity: 'error',
    evidence: 'documentation',
    source: 'https://auth0.com/docs/customize/actions/migrate/migrate-from-rules-to-actions',
    summary: 'An Action is not written as a Rule.',
    why: 'Rules are functions of user, context and callback, set claims on context.idToken, and end with callback. Actions export a handler of event and api; nothing calls a Rule.',
    example: {
      before: 'function (user, context, callback) { callback(null, user, context) }',
      after: 'exports.onExecutePostLogin = async (event, api) => {}',
    },
  },
} as const satisfies RuleTable

const report = reporter(handlerRules)
const SET_CLAIM = methodsWith(postLogin, ({ claim }) => claim === 'id_token')[0]!

/** The one handler that an Action of a trigger must export. */
export function* missingHandler(
  name: string,
  trigger: Trigger,
  { walked, file }: Program,
): Generator<Finding> {
  const { execute } = trigger.handlers
  // What was to be the handler is reported in its place.
  if (walked.exports.has(execute) || walked.meant?.trigger === trigger) return
  const others = [...walked.exports.keys()].filter((other) => /^on[A-Z]/.test(other))
  yield report(
    'handler/not-exported',
    { file, line: 1, column: 1 },
    {
      message: `"${name}" does not export "${execute}": Auth0 has nothing to run at a ${trigger.execution}.`,
      hint:
        others.length === 0
          ? `Write: export async function ${execute}(event, api) { … }`
          : (ofAnother(others, trigger) ?? `It exports "${others.join('", "')}": is the name right?`),
    },
  )
}

/** What to do where the handler is right, and the binding is not. */
function ofAnother(exported: readonly string[], trigger: Trigger): string | undefined {
  for (const name of exported) {
    const other = triggerOfHandler(name)
    if (other !== undefined && other !== trigger) {
      return `"${name}" is the handler of ${other.id}, which runs at a ${other.execution}: bind the Action there, not to ${trigger.id}.`
    }
  }
  return undefined
}

/** A handler that a file declares and does not export. Says nothing of files without a handler: a snippet, a helper. */
export function* unexportedHandler({ walked, positionAt }: Program): Generator<Finding> {
  for (const [name, { node }] of walked.declared) {
    if (triggerOfHandler(name) === undefined || walked.exports.has(name)) continue
    yield report('handler/not-exported', positionAt(node.start), {
      message: `"${name}" is not exported: Auth0 has nothing to run.`,
      hint: `Write: exports.${name} = ${name}`,
    })
  }
}

/** Handlers that Auth0's loader would refuse, and Rules. */
export function* handlerFindings({ walked, positionAt }: Program): Generator<Finding> {
  for (const [name, value] of walked.exports) {
    if (/^on(?:Execute|Continue)[A-Z]/.test(name) && isNoFunction(value)) {
      const write = walked.exportWrites.findLast((one) => one.name === name)
      yield report('handler/not-async', positionAt(write?.offset ?? 0), {
        message: `"${name}" is no function: Auth0 refuses to run the Action.`,
        hint: `Write: export async function ${name}(event, api) { … }`,
      })
    }
    const node = /^on(?:Execute|Continue)[A-Z]/.test(name) ? refusedFunction(value) : undefined
    if (node === undefined) continue
    yield report('handler/not-async', positionAt(node.start), {
      message: `"${name}" is not an async function: Auth0 refuses to run the Action.`,
      hint: `Write: export async function ${name}(event, api) { … }`,
    })
  }
  if ([...walked.exports.keys()].some((name) => /^on[A-Z]/.test(name))) return
  const rule = walked.functions.find(isRule)
  if (rule !== undefined) {
    yield report('handler/rules-style', positionAt(rule.start), {
      message:
        'This is a Rule: a function of user, context and callback. Auth0 runs no such function in an Action.',
      hint: `Write: exports.${postLogin.handlers.execute} = async (event, api) => { … }, with event.user and api.${SET_CLAIM}.`,
    })
  }
}

/** Redirects without a handler for the way back, such handlers without a redirect, and results that nobody gets. */
export function* continueFindings({ walked, positionAt }: Program): Generator<Finding> {
  const { trigger } = walked
  const [setClaim] = methodsWith(trigger, ({ claim }) => claim === trigger.tokens[0])
  for (const one of walked.observations) {
    if (one.kind !== 'returned') continue
    yield report('handler/returned-value', positionAt(one.offset), {
      message: 'What a handler returns reaches nobody: no claim is set, and the user is not changed.',
      hint: `Act by calls, such as api.${setClaim}(name, value).`,
    })
  }
  const { execute, resume } = trigger.handlers
  if (resume === undefined || !walked.exports.has(execute)) return
  const suspending = walked.observations.find(
    (one) => one.kind === 'api-call' && one.entry.suspends !== undefined,
  )
  const handler = walked.exports.get(resume)
  if (suspending?.kind === 'api-call' && handler === undefined) {
    yield report('handler/no-continue', positionAt(suspending.offset), {
      message: `api.${suspending.method} sends the user away, and "${resume}" is not exported: the login cannot go on when the user is back.`,
      hint: `Add: exports.${resume} = async (event, api) => {}`,
    })
  }
  if (suspending !== undefined || walked.apiGiven || handler?.kind !== 'function') return
  const { body } = handler.node
  if (body.type === 'BlockStatement' && body.body.length === 0) return
  const ways = methodsWith(trigger, ({ suspends }) => suspends !== undefined)
  yield report('handler/unused-continue', positionAt(handler.node.start), {
    message: `Nothing in this Action sends the user away: "${resume}" never runs.`,
    hint: `It runs after ${ways.map((path) => `api.${path}`).join(' or ')} of the same Action.`,
  })
}

/** Whether a value certainly is none that could be called; `undefined` is what compilers begin with. */
function isNoFunction(value: Value): boolean {
  if (value.kind === 'literal') return value.value !== undefined
  return value.kind === 'record' || value.kind === 'list' || value.kind === 'text' || value.kind === 'class'
}

/** The function of a handler when it is known and not native async. */
function refusedFunction(value: Value): Node | undefined {
  if (value.kind !== 'function') return undefined
  return value.node.async === true && value.node.generator !== true ? undefined : value.node
}

function isRule({ params }: Node): boolean {
  const [user, context, callback] = (params as Node[]).map(({ name }) => String(name ?? ''))
  return (
    params.length === 3 &&
    /^_?user$/.test(user!) &&
    /^_?(?:context|ctx)$/.test(context!) &&
    /^_?(?:callback|cb|done)$/.test(callback!)
  )
}
