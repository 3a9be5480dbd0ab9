import { existsSync, type FSWatcher, watch } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import { quietCause, ToolkitError } from '../../errors.ts'
import { readText } from '../../files/index.ts'
import { assertEvent } from '../../simulator/check-event.ts'
import {
  type Login,
  type LoginOptions,
  loginFor,
  loginOfEvent,
  type SimulatedEvent,
  simulateLogin,
} from '../../simulator/index.ts'
import { credentialsExchange, postLogin } from '../../triggers/index.ts'
import { readWorkspace, type Workspace } from '../../workspace/index.ts'
import { actionsAt } from '../actions-at.ts'
import { boundActions } from '../bound-actions.ts'
import { assertEventText } from '../bounded-json.ts'
import { defineCommand, type OptionValues, type Terminal } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { JSON_FLAG } from '../flags.ts'
import { jsonDocument } from '../json-document.ts'
import { findPackageJSON } from '../package-json.ts'
import { changedClaims, differences, document, lines, outcomeOf } from '../simulation-output.ts'
import { tellValueless } from '../valueless-notes.ts'
import { workspaceFolder } from '../workspace-folder.ts'
import { nodeNote, workspaceRuntime } from '../workspace-runtime.ts'

/** `claims simulate`: runs the bound Actions on one login and shows tokens and trace. */
export const simulateCommand = defineCommand({
  name: 'simulate',
  summary: 'Run the bound Actions on a login; tokens and trace',
  flags: {
    user: { value: '<user>', help: 'e-mail address or id of tenant.local.yaml; the first one unless told' },
    client: { value: '<client>', help: 'name or client id of tenant.yaml; the first one unless told' },
    audience: { value: '<api>', help: 'identifier of an API; the first one unless told, "" for none' },
    scope: {
      value: '<scopes>',
      help: 'space-separated; openid profile email and all of the API unless told',
    },
    org: { value: '<organization>', help: 'log in to this organization' },
    event: { value: '<file>', help: 'take the event from a JSON file instead' },
    refresh: { help: 'refresh the tokens after the login, and show what differs' },
    diff: {
      value: '<git-ref>',
      help: 'run the Actions of that commit on the same login too, and show what differs',
    },
    watch: { help: 'run again whenever an Action or a file of the workspace is saved' },
    node: {
      value: '<program>',
      help: 'run the Actions on this Node; unless told, on the one they are deployed to, if it is here',
    },
    'allow-network': { help: 'let the Actions reach the network; refused unless told' },
    ...JSON_FLAG,
  },
  async run(terminal, values) {
    if (values['watch'] !== true) return simulateOnce(terminal, values)
    if (values['json'] === true) {
      throw new ToolkitError('ERR_USAGE', '--watch prints many results, --json one document', {
        hint: 'Leave one of them out.',
      })
    }
    const { root } = await readWorkspace(await workspaceFolder(terminal))
    for (;;) {
      // Watching begins before the run, so that no save is missed.
      const change = nextChange(root)
      try {
        await simulateOnce(terminal, values)
      } catch (error) {
        // A half-saved file is no reason to stop.
        if (!(error instanceof ToolkitError)) throw error
        terminal.err(error.message)
      }
      const stopped = await Promise.race([
        change.happened.then(() => false),
        terminal.stopped.then(() => true),
        ...(terminal.outputClosed === undefined ? [] : [terminal.outputClosed.then(() => true)]),
      ])
      change.close()
      if (stopped) return EXIT.clean
      terminal.err('Something was saved: once more.')
    }
  },
})

const NO_ACTION_RAN =
  'The tenant refuses this login before any Action runs, by tenant.yaml and tenant.local.yaml. Choose another with --user, --client, --audience, --scope or --org, or change them.'

const NOTHING_BOUND = `No Action is bound to ${postLogin.id} in tenant.yaml (triggers): nothing ran, and nothing sets a claim. claims check names Actions that are not bound.`

const NO_LOGIN = `Actions of ${postLogin.id} run at logins. An application that gets its tokens by itself (client_credentials) has none: there run the Actions of ${credentialsExchange.id}.`

/** What the user's profile leaves out of the ID token. */
const OF_SCOPES = { profile: 'name, nickname, picture or updated_at', email: 'email or email_verified' }

function withoutScope(scopes: readonly string[]): string[] {
  if (!scopes.includes('openid')) return []
  return Object.entries(OF_SCOPES).flatMap(([scope, claims]) =>
    scopes.includes(scope) ? [] : [`The scope ${scope} is not granted: the ID token has no ${claims}.`],
  )
}

const NO_REFRESH_TOKEN =
  'The tenant gives no refresh token for this login: that takes --scope with offline_access, an API that allows it, and an application that may refresh. The refresh is shown as if there were one.'

async function simulateOnce(terminal: Terminal, values: OptionValues): Promise<number> {
  const workspace = await readWorkspace(await workspaceFolder(terminal))
  const actions = await boundActions(workspace)
  if (values['json'] !== true) tellValueless(terminal, workspace)
  const login = await loginOf(workspace, values, terminal.cwd)
  const network = values['allow-network'] === true ? 'allow' : 'refuse'
  const runtime = await workspaceRuntime(workspace, values['node'], network)
  try {
    const first = await simulateLogin(login, { actions, runtime })
    const given = login.contextAfter(first.pipeline).scopes.includes('offline_access')
    const second =
      values['refresh'] === true && outcomeOf(first) === 'allowed'
        ? await simulateLogin(login.refreshAfter(first.pipeline), { actions, runtime })
        : undefined
    if (login.refused !== undefined) terminal.err(NO_ACTION_RAN)
    if (login.refused?.error === 'unauthorized_client') terminal.err(NO_LOGIN)
    if (actions.length === 0) terminal.err(NOTHING_BOUND)
    if (outcomeOf(first) === 'allowed') {
      for (const line of withoutScope(login.contextAfter(first.pipeline).scopes)) terminal.err(line)
    }
    if (second !== undefined && !given) terminal.err(NO_REFRESH_TOKEN)
    const before =
      typeof values['diff'] === 'string'
        ? await simulateLogin(login, { actions: await actionsAt(workspace, values['diff']), runtime })
        : undefined
    if (values['json'] === true) {
      const refresh =
        second === undefined ? {} : { refresh: document(second), changed: changedClaims(first, second) }
      const node = runtime.nodeVersion
      const diff =
        before === undefined ? {} : { before: document(before), diff: changedClaims(before, first) }
      terminal.document(jsonDocument('simulate', { node, ...document(first), ...refresh, ...diff }, 2))
    } else {
      terminal.out(lines(first))
      if (second !== undefined) terminal.out(['', ...differences('After refresh', first, second)])
      if (before !== undefined) terminal.out(['', ...differences(`Since ${values['diff']}`, before, first)])
      if (login.refused === undefined) terminal.err(nodeNote(workspace, runtime.nodeVersion))
    }
    const bad = [first, ...(second === undefined ? [] : [second])].some(
      (simulation) =>
        ['denied', 'error'].includes(outcomeOf(simulation)) ||
        simulation.tokens.findings.some(({ severity }) => severity === 'error'),
    )
    return bad ? EXIT.findings : EXIT.clean
  } finally {
    await runtime.stop()
  }
}

/** Resolves when a file that decides about the simulation is saved. */
function nextChange(root: string): { happened: Promise<void>; close(): void } {
  const watchers: FSWatcher[] = []
  const happened = new Promise<void>((resolve) => {
    const notice = (_event: string, name: string | null) => {
      // Editors save in several steps: wait for the last of them.
      if (name === null || /\.([cm]?[jt]s|json|yaml)$/.test(name)) setTimeout(resolve, 100)
    }
    for (const folder of ['.', 'actions', 'schemas/claims']) {
      if (existsSync(join(root, folder))) watchers.push(watch(join(root, folder), notice))
    }
  })
  return { happened, close: () => watchers.forEach((watcher) => void watcher.close()) }
}

async function loginOf(workspace: Workspace, values: OptionValues, cwd: string): Promise<Login> {
  const named: LoginOptions = {
    ...string(values, 'user'),
    ...string(values, 'client'),
    ...string(values, 'audience'),
    ...string(values, 'scope'),
    ...(typeof values['org'] === 'string' && { organization: values['org'] }),
  }
  const file = values['event']
  if (typeof file !== 'string') return loginFor(workspace, named)
  if (Object.keys(named).length > 0) {
    throw new ToolkitError('ERR_USAGE', '--event brings its own login', {
      hint: `Leave --${Object.keys(named)[0] === 'organization' ? 'org' : Object.keys(named)[0]} out.`,
    })
  }
  return loginOfEvent(await readEvent(isAbsolute(file) ? file : join(cwd, file), file), workspace)
}

const string = (values: OptionValues, name: 'user' | 'client' | 'audience' | 'scope') =>
  typeof values[name] === 'string' ? { [name]: values[name] } : {}

async function readEvent(path: string, file: string): Promise<SimulatedEvent> {
  const schemas = join(dirname(findPackageJSON(import.meta.url)), 'schemas')
  const schema = JSON.parse(await readFile(join(schemas, 'post-login-event.schema.json'), 'utf8')) as object
  let event: unknown
  try {
    const text = await readText(path)
    assertEventText(text, { file })
    event = JSON.parse(text)
  } catch (cause) {
    if (cause instanceof ToolkitError) throw cause
    throw new ToolkitError('ERR_INPUT', `"${file}" is not a readable JSON file`, {
      file,
      hint: 'Name a file with one post-login event.',
      ...quietCause(cause),
    })
  }
  assertEvent(event, schema, file)
  return event
}
