import { readFile } from 'node:fs/promises'
import { isAbsolute, join, relative } from 'node:path'
import { bundleActions } from '../../bundle/index.ts'
import { ToolkitError } from '../../errors.ts'
import { formatFindings } from '../../report/index.ts'
import { createIsolatedRuntime } from '../../runtime/index.ts'
import type { RunnableAction } from '../../runtime/types.ts'
import {
  type LoginOptions,
  loginFor,
  type PipelineResult,
  refreshOf,
  runPostLogin,
  type SettledTokens,
  type SimulatedEvent,
  settleTokens,
  tokenContextOf,
} from '../../simulator/index.ts'
import { readWorkspace, type Workspace } from '../../workspace/index.ts'
import type { Command, OptionValues } from '../command.ts'
import { EXIT } from '../exit-codes.ts'

interface Simulation {
  pipeline: PipelineResult
  tokens: SettledTokens
}

/** `claims simulate`: runs the bound Actions on one login and shows tokens and trace. */
export const simulateCommand: Command = {
  name: 'simulate',
  summary: 'Run the bound Actions on a login; tokens and trace',
  usage:
    '[--user <user>] [--client <client>] [--audience <api>] [--scope <scopes>] [--org <organization>] [--event <file>] [--refresh] [--json]',
  options: {
    user: { type: 'string' },
    client: { type: 'string' },
    audience: { type: 'string' },
    scope: { type: 'string' },
    org: { type: 'string' },
    event: { type: 'string' },
    refresh: { type: 'boolean' },
    node: { type: 'string' },
    'allow-network': { type: 'boolean' },
    json: { type: 'boolean' },
  },
  help: [
    ['--user <user>', 'e-mail address or id of tenant.local.yaml; the first one unless told'],
    ['--client <client>', 'name or client id of tenant.yaml; the first one unless told'],
    ['--audience <api>', 'identifier of an API; the first one unless told, "" for none'],
    ['--scope <scopes>', 'space-separated; openid profile email and all of the API unless told'],
    ['--org <organization>', 'log in to this organization'],
    ['--event <file>', 'take the event from a JSON file instead'],
    ['--refresh', 'refresh the tokens after the login, and show what differs'],
    ['--node <program>', 'run the Actions on this Node'],
    ['--allow-network', 'let the Actions reach the network; refused unless told'],
    ['--json', 'print one JSON document'],
  ],
  async run(terminal, values) {
    const workspace = await readWorkspace(terminal.cwd)
    const actions = await runnableActions(workspace)
    const login = await loginOf(workspace, values, terminal.cwd)
    const runtime = await createIsolatedRuntime({
      network: values['allow-network'] === true ? 'allow' : 'refuse',
      resolveFrom: workspace.root,
      ...(typeof values['node'] === 'string' && { node: values['node'] }),
    })
    try {
      const simulate = async (event: SimulatedEvent): Promise<Simulation> => {
        const pipeline = await runPostLogin({ actions, event, runtime })
        const context = { ...login.contextAfter(pipeline), ...gtyOf(event) }
        return { pipeline, tokens: settleTokens(pipeline, context) }
      }
      const first = await simulate(login.event)
      const scopes = login.contextAfter(first.pipeline).scopes
      const second =
        values['refresh'] === true && outcomeOf(first) === 'allowed'
          ? await simulate(refreshOf(login.event, scopes))
          : undefined
      if (values['json'] === true) {
        const refresh =
          second === undefined ? {} : { refresh: document(second), changed: changedClaims(first, second) }
        const head = { version: 1, command: 'simulate', node: runtime.nodeVersion }
        terminal.out(JSON.stringify({ ...head, ...document(first), ...refresh }, null, 2))
      } else {
        terminal.out(text(first))
        if (second !== undefined) terminal.out(`\n${refreshText(first, second)}`)
        terminal.err(`Ran on Node ${runtime.nodeVersion}.`)
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
  },
}

async function runnableActions(workspace: Workspace): Promise<RunnableAction[]> {
  const bound = workspace.bound.flatMap((name) => workspace.actions.filter((action) => action.name === name))
  const built = await bundleActions(bound, { root: workspace.root })
  const keywords = workspace.local?.keywords ?? {}
  return bound.map((action) => {
    const bundle = built.find(({ name }) => name === action.name)!
    return {
      name: action.name,
      code: bundle.code,
      sourceMap: bundle.sourceMap,
      file: relative(workspace.root, action.builtFile).replaceAll('\\', '/'),
      secrets: Object.fromEntries(
        action.secrets.map(({ name, value }) => [
          name,
          value.replace(/##([A-Za-z0-9_]+)##/g, (marker, key: string) => keywords[key] ?? marker),
        ]),
      ),
      dependencies: action.dependencies.map(({ name }) => name),
    }
  })
}

async function loginOf(
  workspace: Workspace,
  values: OptionValues,
  cwd: string,
): Promise<ReturnType<typeof loginFor>> {
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
      hint: `Leave --${Object.keys(named)[0] === 'organization' ? 'org' : Object.keys(named)[0]} away.`,
    })
  }
  const event = await readEvent(isAbsolute(file) ? file : join(cwd, file), file)
  return {
    event,
    contextAfter: ({ targetScopes }) => {
      const context = tokenContextOf(event, workspace)
      return { ...context, scopes: targetScopes ?? context.scopes }
    },
  }
}

const string = (values: OptionValues, name: 'user' | 'client' | 'audience' | 'scope') =>
  typeof values[name] === 'string' ? { [name]: values[name] } : {}

/** Parts without which neither Actions nor tokens have anything to work on. */
const REQUIRED = ['client', 'connection', 'request', 'stats', 'tenant', 'user'] as const

async function readEvent(path: string, file: string): Promise<SimulatedEvent> {
  let event: unknown
  try {
    event = JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw new ToolkitError('ERR_INPUT', `"${file}" is not a readable JSON file`, { file, cause })
  }
  const object = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
  const fault = (at: string, must: string) =>
    new ToolkitError('ERR_INPUT', `"${file}": ${at} must be ${must}`, {
      file,
      hint: 'See schemas/post-login-event.schema.json.',
    })
  if (!object(event)) throw fault('the event', 'an object')
  for (const part of REQUIRED) if (!object(event[part])) throw fault(`/${part}`, 'an object')
  const { user, client, request } = event as Record<'user' | 'client' | 'request', Record<string, unknown>>
  if (typeof user['user_id'] !== 'string') throw fault('/user/user_id', 'a string')
  if (typeof client['client_id'] !== 'string') throw fault('/client/client_id', 'a string')
  for (const part of ['query', 'body', 'geoip']) {
    if (!object(request[part])) throw fault(`/request/${part}`, 'an object')
  }
  return event as unknown as SimulatedEvent
}

function gtyOf({ transaction }: SimulatedEvent): { gty?: string } {
  return transaction?.protocol === 'oauth2-refresh-token' ? { gty: 'refresh_token' } : {}
}

function outcomeOf({ pipeline, tokens }: Simulation): PipelineResult['outcome'] {
  return tokens.failure === undefined ? pipeline.outcome : 'error'
}

function document(simulation: Simulation): Record<string, unknown> {
  const { pipeline, tokens } = simulation
  const outcome = outcomeOf(simulation)
  const reason = tokens.failure ?? pipeline.reason
  return {
    outcome,
    ...(reason !== undefined && { reason }),
    ...(pipeline.redirect !== undefined && { redirect: pipeline.redirect }),
    ...(outcome === 'allowed' && {
      idToken: tokens.idToken,
      ...(tokens.accessToken !== undefined && { accessToken: tokens.accessToken }),
    }),
    scopes: tokens.scopes,
    userMetadata: pipeline.userMetadata,
    appMetadata: pipeline.appMetadata,
    writes: tokens.writes.map(({ action, at, token, claim, verdict, rule, reason }) => ({
      action,
      ...at,
      token,
      claim,
      verdict,
      ...(rule !== undefined && { rule }),
      ...(reason !== undefined && { reason }),
    })),
    runs: pipeline.runs,
    findings: tokens.findings,
  }
}

function text(simulation: Simulation): string {
  const { pipeline, tokens } = simulation
  const outcome = outcomeOf(simulation)
  const reason = tokens.failure ?? pipeline.reason
  const lines = [`${outcome}${reason === undefined ? '' : `: ${reason}`}`]
  if (pipeline.redirect !== undefined) lines.push(`redirect to ${pipeline.redirect.url}`)
  for (const { action, error } of pipeline.runs) {
    if (error === undefined) continue
    const at = error.at === undefined ? '' : `${error.at.file}:${error.at.line}:${error.at.column} `
    lines.push(`${at}${action}: ${error.kind}: ${error.message}`)
  }
  if (outcome === 'allowed') {
    lines.push('', 'ID token', JSON.stringify(tokens.idToken, null, 2))
    lines.push(
      '',
      tokens.accessToken === undefined
        ? 'Access token: opaque, since no API was asked for'
        : `Access token\n${JSON.stringify(tokens.accessToken, null, 2)}`,
    )
  }
  const lost = tokens.writes.filter(({ verdict }) => verdict !== 'kept')
  if (lost.length > 0) lines.push('', 'Not in a token')
  for (const { at, token, claim, verdict, rule, reason: why } of lost) {
    lines.push(
      `${at.file}:${at.line}:${at.column} ${verdict} ${token} ${JSON.stringify(claim)}${rule === undefined ? '' : ` ${rule}`}${why === undefined ? '' : ` ${why}`}`,
    )
  }
  const logs = pipeline.runs.flatMap(({ action, logs: own }) =>
    own.map(({ text: line }) => `${action}: ${line}`),
  )
  if (logs.length > 0) lines.push('', 'Logs', ...logs)
  if (tokens.findings.length > 0) lines.push('', formatFindings(tokens.findings))
  return lines.join('\n')
}

function changedClaims(first: Simulation, second: Simulation): { token: string; claim: string }[] {
  const changed: { token: string; claim: string }[] = []
  const compare = (token: string, a: Record<string, unknown> = {}, b: Record<string, unknown> = {}) => {
    for (const claim of new Set([...Object.keys(a), ...Object.keys(b)])) {
      if (JSON.stringify(a[claim]) !== JSON.stringify(b[claim])) changed.push({ token, claim })
    }
  }
  compare('id_token', first.tokens.idToken, second.tokens.idToken)
  compare('access_token', first.tokens.accessToken, second.tokens.accessToken)
  return changed
}

function refreshText(first: Simulation, second: Simulation): string {
  const outcome = outcomeOf(second)
  if (outcome !== 'allowed') return `After refresh\n${text(second)}`
  const changed = changedClaims(first, second)
  if (changed.length === 0) return 'After refresh: the same claims'
  const payload = (simulation: Simulation, token: string) =>
    token === 'id_token' ? simulation.tokens.idToken : (simulation.tokens.accessToken ?? {})
  return [
    'After refresh these claims differ',
    ...changed.map(
      ({ token, claim }) =>
        `${token} ${claim}: ${JSON.stringify(payload(first, token)[claim]) ?? 'absent'} -> ${JSON.stringify(payload(second, token)[claim]) ?? 'absent'}`,
    ),
  ].join('\n')
}
