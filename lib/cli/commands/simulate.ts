import { readFile } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import { bundleActions } from '../../bundle/index.ts'
import { quietCause, ToolkitError } from '../../errors.ts'
import { readText } from '../../files/index.ts'
import { assertEvent } from '../../simulator/check-event.ts'
import {
  type Login,
  loginFor,
  loginOfEvent,
  type SimulatedEvent,
  simulateLogin,
} from '../../simulator/index.ts'
import { credentialsExchange, postLogin } from '../../triggers/index.ts'
import { issuerOfDomain } from '../../verify/must-be.ts'
import { readWorkspace, type Workspace } from '../../workspace/index.ts'
import { actionsAt } from '../actions-at.ts'
import { actionsBoundTo, boundActions } from '../bound-actions.ts'
import { assertEventText } from '../bounded-json.ts'
import { defineCommand, type OptionValues, type Terminal } from '../command.ts'
import { contractsOf, contractVerdicts, verdictLines } from '../contract-verdicts.ts'
import { EXIT } from '../exit-codes.ts'
import { JSON_FLAG } from '../flags.ts'
import { jsonDocument } from '../json-document.ts'
import { flagOf, namedLogin } from '../login-flags.ts'
import { findPackageJSON } from '../package-json.ts'
import { report } from '../run.ts'
import { nextSave, watchedFiles } from '../save-watch.ts'
import {
  changedClaims,
  changesSince,
  differences,
  document,
  lines,
  outcomeOf,
  type Shown,
} from '../simulation-output.ts'
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
    domain: {
      value: '<domain>',
      help: 'host name of the tenant, for the issuer and the event; $AUTH0_DOMAIN unless told; nothing is asked there',
    },
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
    const workspace = await readWorkspace(await workspaceFolder(terminal))
    const run: WatchedRun = { files: new Set(watchedFiles(workspace)), saves: [], said: new Set() }
    for (;;) {
      // Watching begins before the run, so that no save is missed.
      run.saves = [nextSave([...run.files])]
      try {
        await simulateOnce(terminal, values, run)
      } catch (error) {
        // A half-saved file is no reason to stop.
        if (!(error instanceof ToolkitError)) throw error
        report(error, terminal)
      }
      const stopped = await Promise.race([
        ...run.saves.map(({ happened }) => happened.then(() => false)),
        terminal.stopped.then(() => true),
        ...(terminal.outputClosed === undefined ? [] : [terminal.outputClosed.then(() => true)]),
      ])
      for (const save of run.saves) save.close()
      if (stopped) return EXIT.clean
      terminal.err('Something was saved: once more.')
    }
  },
})

/** What one run under --watch leaves for the next. */
interface WatchedRun {
  /** Files that decide about the result. */
  files: Set<string>
  /** Their next saves. */
  saves: ReturnType<typeof nextSave>[]
  /** Notes that were printed: each is said once. */
  said: Set<string>
  /** The last result, with which the next is compared. */
  before?: Shown
}

/** Watches more files from now on: they are about to be used. */
function watchToo(run: WatchedRun | undefined, files: readonly string[]): void {
  const fresh = files.filter((file) => run?.files.has(file) === false)
  if (fresh.length === 0) return
  for (const file of fresh) run?.files.add(file)
  run?.saves.push(nextSave(fresh))
}

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

async function simulateOnce(terminal: Terminal, values: OptionValues, run?: WatchedRun): Promise<number> {
  const workspace = await readWorkspace(await workspaceFolder(terminal))
  watchToo(run, watchedFiles(workspace))
  const note = (line: string) => {
    if (run?.said.has(line) !== true) terminal.err(line)
    run?.said.add(line)
  }
  const built = await bundleActions(actionsBoundTo(workspace), { root: workspace.root })
  watchToo(run, watchedFiles(workspace, built))
  const actions = await boundActions(workspace, built)
  const contracts = await contractsOf(workspace)
  if (values['json'] !== true) tellValueless({ err: (line) => [line].flat().forEach(note) }, workspace)
  const login = await loginOf(workspace, values, terminal, run)
  const network = values['allow-network'] === true ? 'allow' : 'refuse'
  const runtime = await workspaceRuntime(workspace, values['node'], network)
  try {
    const first = await simulateLogin(login, { actions, runtime })
    const given = login.contextAfter(first.pipeline).scopes.includes('offline_access')
    const second =
      values['refresh'] === true && outcomeOf(first) === 'allowed'
        ? await simulateLogin(login.refreshAfter(first.pipeline), { actions, runtime })
        : undefined
    if (login.refused !== undefined) note(NO_ACTION_RAN)
    if (login.refused?.error === 'unauthorized_client') note(NO_LOGIN)
    if (actions.length === 0) note(NOTHING_BOUND)
    if (outcomeOf(first) === 'allowed') {
      for (const line of withoutScope(login.contextAfter(first.pipeline).scopes)) note(line)
    }
    if (second !== undefined && !given) note(NO_REFRESH_TOKEN)
    const before =
      typeof values['diff'] === 'string'
        ? await simulateLogin(login, { actions: await actionsAt(workspace, values['diff']), runtime })
        : undefined
    const verdicts = contractVerdicts(first, contracts)
    const refreshVerdicts = second === undefined ? [] : contractVerdicts(second, contracts)
    const beforeVerdicts = before === undefined ? [] : contractVerdicts(before, contracts)
    if (values['json'] === true) {
      const refresh =
        second === undefined
          ? {}
          : { refresh: document(second, refreshVerdicts), changed: changedClaims(first, second) }
      const node = runtime.nodeVersion
      const diff =
        before === undefined
          ? {}
          : { before: document(before, beforeVerdicts), diff: changedClaims(before, first) }
      terminal.document(
        jsonDocument('simulate', { node, ...document(first, verdicts), ...refresh, ...diff }, 2),
      )
    } else {
      const shown: Shown = { simulation: first, contracts: verdicts }
      terminal.out(run?.before === undefined ? lines(first, verdicts) : changesSince(run.before, shown))
      if (run !== undefined) run.before = shown
      if (second !== undefined) {
        terminal.out(['', ...differences('After refresh', first, second, refreshVerdicts)])
        const said = verdictLines(verdicts)
        const broken = verdictLines(refreshVerdicts.filter(({ verdict }) => verdict === 'broken'))
        if (outcomeOf(second) === 'allowed') terminal.out(broken.filter((line) => !said.includes(line)))
      }
      if (before !== undefined) {
        terminal.out(['', ...differences(`Since ${values['diff']}`, before, first, verdicts)])
      }
      if (login.refused === undefined) note(nodeNote(workspace, runtime.nodeVersion))
    }
    const bad =
      [...verdicts, ...refreshVerdicts].some(({ verdict }) => verdict === 'broken') ||
      [first, ...(second === undefined ? [] : [second])].some(
        (simulation) =>
          ['denied', 'error'].includes(outcomeOf(simulation)) ||
          simulation.tokens.findings.some(({ severity }) => severity === 'error'),
      )
    return bad ? EXIT.findings : EXIT.clean
  } finally {
    await runtime.stop()
  }
}

async function loginOf(
  workspace: Workspace,
  values: OptionValues,
  { cwd, env }: Terminal,
  run: WatchedRun | undefined,
): Promise<Login> {
  const domain = domainOf(values, env['AUTH0_DOMAIN'])
  const named = namedLogin(values)
  const file = values['event']
  if (typeof file !== 'string') {
    return loginFor(workspace, { ...named, ...(domain !== undefined && { domain }) })
  }
  const inTheWay = Object.keys(named)[0] ?? (values['domain'] === undefined ? undefined : 'domain')
  if (inTheWay !== undefined) {
    throw new ToolkitError('ERR_USAGE', '--event brings its own login', {
      hint: `Leave --${flagOf(inTheWay)} out.`,
    })
  }
  const path = isAbsolute(file) ? file : join(cwd, file)
  watchToo(run, [path])
  return loginOfEvent(await readEvent(path, file), workspace)
}

/** The host name that tokens and events speak of; nothing is asked there. */
function domainOf(values: OptionValues, fromEnvironment: string | undefined): string | undefined {
  const flag = values['domain']
  const given = typeof flag === 'string' ? flag : fromEnvironment
  if (given === undefined || (flag === undefined && given === '')) return undefined
  const issuer = issuerOfDomain(given)
  if (issuer !== undefined) return new URL(issuer).host
  throw new ToolkitError('ERR_USAGE', `${flag === undefined ? 'AUTH0_DOMAIN' : '--domain'} is no host name`, {
    hint: 'For example acme.eu.auth0.com, or a custom domain such as login.acme.example.',
  })
}

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
