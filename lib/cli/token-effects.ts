import type { BuiltAction } from '../bundle/index.ts'
import type { Markers, Plan } from '../deploy/index.ts'
import type { TokenKind } from '../finding.ts'
import { compareChains, type LoginShare, representativeLogins } from '../prove/index.ts'
import { type Runtime, sandboxText } from '../runtime/index.ts'
import { runnableAction } from '../runtime/runnable-action.ts'
import { postLogin } from '../triggers/index.ts'
import type { Workspace } from '../workspace/index.ts'
import { boundActions } from './bound-actions.ts'
import type { OptionValues, Terminal } from './command.ts'
import type { FlagTable } from './flags.ts'
import { foreignRuntime, workspaceRuntime } from './workspace-runtime.ts'

/** A claim, or the scope, that some logins get in another way. Types and names only, no value. */
export interface ClaimEffect {
  /** The API that the logins are for; absent without one. */
  audience?: string
  token: TokenKind
  claim: string
  /** `moved`: to this token from the other one. `changed`: another value of the same type. */
  change: 'added' | 'removed' | 'moved' | 'retyped' | 'changed'
  /** Of a claim that is `retyped`: JSON types, such as `string` or `array of string`. */
  before?: string
  after?: string
  /** How many of the logins for this API. */
  logins: number
}

/**
 * Logins that are run at most, however large the workspace is, and runs of Actions: each login runs those of the tenant
 * and those of the workspace.
 */
const MOST_LOGINS = 64
const MOST_RUNS = 4000
const FEWEST_LOGINS = 8

/**
 * What a plan means for the tokens of ordinary logins: each user, organization, application and API of the workspace,
 * or where these are very many, logins that stand for them.
 */
export interface TokenEffects {
  /** How many of all logins were run, and of how many users, applications and so on. */
  share: LoginShare
  /** How many logins were run, by API; `''` stands for none. */
  tried: Readonly<Record<string, number>>
  /** Logins that end in another way, such as from `allowed` to `error`. */
  outcomes: { audience?: string; before: string; after: string; logins: number }[]
  claims: ClaimEffect[]
}

/** The flag of the commands that run the Actions of a tenant, which may be anybody's code. */
export const RUN_TENANT_ACTIONS = {
  'run-tenant-actions': {
    help: 'run the Actions that the tenant has, beside those of the workspace, to say what changes in the tokens: on this machine, without a network, in a sandbox where there is one. Unless told, a person is asked, and else the claims are compared by reading the code',
  },
} as const satisfies FlagTable

/** Says whether code that the tenant has, and this workspace has not, may be run here. */
export type MayRun = (names: readonly string[]) => Promise<boolean>

/** By the option, else by asking; where nobody can be asked, a note says what was not done. */
export function mayRunForeign(terminal: Terminal, values: OptionValues, domain: string): MayRun {
  return async (names) => {
    if (values['run-tenant-actions'] === true) return true
    const which = `${names.length === 1 ? 'the Action' : 'the Actions'} ${names.map((name) => JSON.stringify(name)).join(', ')} of ${domain}`
    if (terminal.interactive && values['json'] !== true && values['markdown'] !== true) {
      const answer = await terminal.ask(`Run ${which} on this machine, to compare the tokens? Type yes: `)
      if (answer.trim().toLowerCase() === 'yes') return true
    }
    terminal.err(
      `note: did not run ${which}; claims are compared by reading the code (--run-tenant-actions runs them here)`,
    )
    return false
  }
}

/**
 * Runs the Actions that the tenant has and those of the workspace, on this machine and without a network, with the
 * secrets of tenant.local.yaml in both, and the markers of the code filled. Names of claims show the markers.
 * Code of the tenant that the workspace does not have runs in a process of its own, in a sandbox, and only when
 * `mayRun` says so. `undefined` when it does not, and when the plan changes neither code nor order.
 */
export async function tokenEffects(
  workspace: Workspace,
  plan: Plan,
  markers: Markers,
  built: readonly BuiltAction[],
  { mayRun, terminal }: { mayRun: MayRun; terminal: Pick<Terminal, 'err'> },
): Promise<TokenEffects | undefined> {
  if (!plan.changes.some(({ type }) => type === 'actions' || type === 'triggers')) return undefined
  const now = (await boundActions(workspace, built)).map((action) => ({
    ...action,
    code: markers.filled(action.code),
  }))
  const before = (plan.before.bindings[postLogin.id] ?? []).map((name) => {
    const same = now.find((action) => action.name === name)
    const there = plan.before.actions.find((action) => action.name === name)
    return runnableAction({
      name,
      code: plan.codes.before.get(name) ?? '',
      secrets: same?.secrets ?? {},
      dependencies: there?.dependencies ?? [],
      modules: same?.modules,
    })
  })
  const runs = Math.floor(MOST_RUNS / Math.max(1, before.length + now.length))
  const most = Math.max(FEWEST_LOGINS, Math.min(MOST_LOGINS, runs))
  const { events, share } = representativeLogins(workspace, most)
  const known = new Set(now.map(({ code }) => code))
  const foreign = before.filter(({ code }) => !known.has(code)).map(({ name }) => name)
  if (foreign.length > 0 && !(await mayRun(foreign))) return undefined
  const runtime = await workspaceRuntime(workspace)
  let there: Runtime | undefined
  try {
    if (foreign.length > 0) {
      there = await foreignRuntime(workspace, before)
      terminal.err(`note: ran the Actions of ${plan.domain} ${sandboxText(there.sandbox)}`)
    }
    const runtimes = { runtime, ...(there !== undefined && { runtimeBefore: there }) }
    const changes = await compareChains(events, { workspace, before, now, ...runtimes })
    const audiences = events.map(({ resource_server }) => resource_server?.identifier)
    const tried: Record<string, number> = {}
    for (const audience of audiences) tried[audience ?? ''] = (tried[audience ?? ''] ?? 0) + 1
    return markers.maskedDocument({
      share,
      tried,
      outcomes: counted(
        changes.flatMap(({ index, outcome }) =>
          outcome === undefined
            ? []
            : [{ ...of(audiences[index]), before: kind(outcome.before), after: kind(outcome.now) }],
        ),
      ),
      claims: counted(
        changes.flatMap(({ index, claims }) =>
          effectsOf(claims).map((effect) => ({ ...of(audiences[index]), ...effect })),
        ),
      ),
    })
  } finally {
    await Promise.all([runtime.stop(), there?.stop()])
  }
}

/** One line for each effect. */
export function effectLines({ share, tried, outcomes, claims }: TokenEffects): string[] {
  const where = ({ audience, logins }: { audience?: string; logins: number }) =>
    `in ${logins} of ${tried[audience ?? '']} logins${audience === undefined ? '' : ` for ${audience}`}`
  return [
    ...(share.logins.tried < share.logins.of ? [shareText(share)] : []),
    ...outcomes.map((one) => `${where(one)}: ${one.before} → ${one.after}`),
    ...claims.map((one) => `${where(one)}: ${one.token} "${one.claim}" ${howText(one)}`),
  ]
}

function shareText({ logins, users, kindsOfUsers, organizations, clients, apis }: LoginShare): string {
  const some = ({ tried, of }: { tried: number; of: number }, what: string) => `${tried} of ${of} ${what}`
  const parts = [
    `${some(users, 'users')} (${some(kindsOfUsers, 'kinds')})`,
    some(organizations, 'organizations'),
    some(clients, 'applications'),
    some(apis, 'APIs'),
  ]
  return `tokens compared in ${some(logins, 'logins')}: ${parts.join(', ')}`
}

function howText({ change, token, before, after }: ClaimEffect): string {
  if (change === 'retyped') return `${before} → ${after}`
  return change === 'moved' ? `moved from the ${token === 'id_token' ? 'access token' : 'ID token'}` : change
}

type Difference = Awaited<ReturnType<typeof compareChains>>[number]['claims'][number]

/** What one login shows. */
function effectsOf(differences: readonly Difference[]): Omit<ClaimEffect, 'audience' | 'logins'>[] {
  const leaves = (claim: string, token: TokenKind) =>
    differences.some((one) => one.claim === claim && one.token !== token && !('now' in one))
  const arrives = (claim: string, token: TokenKind) =>
    differences.some((one) => one.claim === claim && one.token !== token && !('before' in one))
  return differences.flatMap((one): Omit<ClaimEffect, 'audience' | 'logins'>[] => {
    const { token, claim } = one
    if (!('before' in one)) {
      return [{ token, claim, change: leaves(claim, token) ? 'moved' : 'added' }]
    }
    // Reported for the token where it arrives.
    if (!('now' in one)) return arrives(claim, token) ? [] : [{ token, claim, change: 'removed' }]
    const [before, after] = [jsonType(one.before), jsonType(one.now)]
    // Of an empty list nobody knows what it is a list of.
    const same =
      before === after ||
      ([before, after].every((type) => type.startsWith('array')) && [before, after].includes('array'))
    return [same ? { token, claim, change: 'changed' } : { token, claim, change: 'retyped', before, after }]
  })
}

function jsonType(value: unknown): string {
  if (value === null) return 'null'
  if (!Array.isArray(value)) return typeof value
  const items = [...new Set(value.map(jsonType))].sort()
  return items.length === 0 ? 'array' : `array of ${items.join(' and ')}`
}

/** Without the message, which an Action may have made of anything. */
function kind(outcome: string): string {
  return outcome.split(':')[0]!
}

function of(audience: string | undefined): { audience?: string } {
  return audience === undefined ? {} : { audience }
}

function counted<T extends object>(effects: readonly T[]): (T & { logins: number })[] {
  const found = new Map<string, T & { logins: number }>()
  for (const effect of effects) {
    const key = JSON.stringify(effect)
    const known = found.get(key)
    if (known === undefined) found.set(key, { ...effect, logins: 1 })
    else known.logins++
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, effect]) => effect)
}
