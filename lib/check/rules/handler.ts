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
  if (walked.exports.has(execute)) return
  const others = [...walked.exports.keys()].filter((other) => /^on[A-Z]/.test(other))
  yield report(
    'handler/not-exported',
    { file, line: 1, column: 1 },
    {
      message: `"${name}" does not export "${execute}": Auth0 has nothing to run at login.`,
      hint:
        others.length === 0
          ? `Write: export async function ${execute}(event, api) { … }`
          : `It exports "${others.join('", "')}": is the name right?`,
    },
  )
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
