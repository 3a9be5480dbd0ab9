import { ToolkitError } from '../../errors.ts'
import { withTemporaryFolder } from '../../files/index.ts'
import type { TenantFile } from '../../workspace/types.ts'
import { runCli } from '../launch.ts'
import { hintFor } from '../transport.ts'
import type { TenantAccess } from '../types.ts'
import { isEntry } from '../wire/json.ts'
import { overlayOf } from '../wire/overlay.ts'
import { targetOf } from '../wire/paths.ts'
import type { Reads } from '../wire/reads.ts'
import { upstreamOf } from '../wire/upstream.ts'

/** A type that a tenant has, or may have, and that a pull cannot bring. */
export interface NotPulled {
  /** Key of tenant.yaml. */
  type: string
  reason: string
  /** Whether the tenant refused, so that nobody knows what it has. */
  refused: boolean
}

/** A tenant as the deploy CLI exports it: nothing is masked. */
export interface ExportedTenant {
  /** In paths stands `=<hexadecimal>=` for each name. Has each type that was read, also one without entries. */
  assets: TenantFile
  /** By path, without `./`. */
  files: ReadonlyMap<string, string>
  notPulled: NotPulled[]
  /** Members that were not read, though their type was: `connections.scim_configuration`. */
  unread: string[]
  reads: Reads
}

/** Milliseconds for a tenant with very many resources, which allows a few calls a second. */
const TIMEOUT = 45 * 60_000

/** Where a 404 means that there is none, and not that the tenant does not know the type. */
const NONE_BY_404 = ['emailTemplates', 'emailProvider', 'branding', 'themes', 'prompts', 'riskAssessment']

/** What a type has besides, by the path that it is read from: the deploy CLI exports the type without it. */
const BESIDES: readonly [form: RegExp, ...members: string[]][] = [
  [/^\/connections\/[^/]+\/scim-configuration$/, 'connections.scim_configuration'],
  [/[/-]directory-provisionings?$/, 'connections.directory_provisioning_configuration'],
  [/^\/connections\/[^/]+\/clients$/, 'connections.enabled_clients', 'databases.enabled_clients'],
  [/^\/organizations\/[^/]+\/clients$/, 'organizations.clients'],
  [/^\/organizations\/[^/]+\/client-grants$/, 'organizations.client_grants'],
  [/^\/organizations\/[^/]+\/discovery-domains$/, 'organizations.discovery_domains'],
  [/^\/clients\/[^/]+\/credentials$/, 'clients.client_authentication_methods'],
  [/^\/attack-protection\/bot-detection$/, 'attackProtection.botDetection'],
  [/^\/attack-protection\/captcha$/, 'attackProtection.captcha'],
  [/^\/branding\/templates\//, 'branding.templates'],
  [/^\/prompts\/rendering$/, 'prompts.screenRenderers'],
  [/^\/prompts\/[^/]+\/partials$/, 'prompts.partials'],
]

/** What a tenant says of what it does not offer, as opposed to what the credentials may not read. */
const NOT_OFFERED = /upgrade|subscription|not (?:enabled|available|supported|allowed for)|feature|entitle/i

interface BadAnswer {
  type: string
  path: string
  status: number
  message: string
  scope: boolean
}

/**
 * Lets the deploy CLI export a tenant, in memory and without a network of its own.
 *
 * @throws {ToolkitError} `ERR_ENVIRONMENT` when the tenant is not reachable, `ERR_DEPLOY` when it refuses the
 * credentials, fails, or lets nothing be read.
 */
export async function exportTenant(
  access: TenantAccess,
  config: Readonly<Record<string, unknown>>,
): Promise<ExportedTenant> {
  const overlay = overlayOf(upstreamOf(access))
  const bad: BadAnswer[] = []
  const exported = await withTemporaryFolder('pull-', (folder) =>
    runCli({
      ...access,
      folder,
      job: { mode: 'export', outputFolder: folder },
      config,
      keywords: {},
      timeoutMilliseconds: TIMEOUT,
      async answer(request) {
        const answer = await overlay.handle(request)
        if (answer.status >= 400) bad.push(badAnswer(request.type ?? '', request.path, answer))
        return answer
      },
    }),
  )
  const broken = bad.find(({ status }) => status === 401 || status === 429 || status >= 500)
  if (broken !== undefined && broken.status !== 501) throw refusal(access, broken)
  const { assets, files, failed } = exported!
  const notPulled = new Map<string, NotPulled>()
  const unread = new Set<string>()
  const ofTypes = bad.filter(({ type, path, status, message, scope }) => {
    const members = BESIDES.find(([form]) => form.test(path))?.slice(1) as string[] | undefined
    if (members === undefined || status === 404) return members === undefined
    for (const member of members) {
      unread.add(member)
      const isRead = !isNothing(assets[type]) && member.startsWith(`${type}.`)
      if (scope && isRead) notPulled.set(member, { type: member, reason: scopeOf(message), refused: true })
    }
    return false
  })
  for (const { type, message, scope } of ofTypes) {
    if (scope) notPulled.set(type, { type, reason: scopeOf(message), refused: true })
  }
  for (const { type, stage, errors } of failed) {
    if (notPulled.has(type)) continue
    const answer = ofTypes.find((one) => one.type === type)
    const reason =
      stage === 'load' && answer !== undefined
        ? `${answer.status} ${answer.message}`
        : (errors.findLast(({ message }) => message !== '')?.message ?? 'the deploy CLI cannot export it')
    const refused = stage === 'load' && answer?.status === 403 && !NOT_OFFERED.test(reason)
    notPulled.set(type, { type, reason, refused })
  }
  for (const { type, status, message } of ofTypes) {
    // An empty list after a refused read says nothing; and the CLI leaves out triggers without bindings.
    const unknown = isNothing(assets[type]) && !(status === 404 && NONE_BY_404.includes(type))
    if (!notPulled.has(type) && (unknown || type === 'triggers')) {
      const refused = status === 403 && !NOT_OFFERED.test(message)
      notPulled.set(type, { type, reason: `${status} ${message}`, refused })
    }
  }
  const read = Object.entries(assets).filter(([type]) => !notPulled.has(type))
  const first = bad.find(({ status }) => status === 403)
  if (first !== undefined && read.every(([, value]) => isNothing(value))) throw refusal(access, first)
  return {
    assets: Object.fromEntries(read) as TenantFile,
    files: new Map(files),
    notPulled: [...notPulled.values()].sort((a, b) => (a.type < b.type ? -1 : 1)),
    unread: [...unread],
    reads: overlay.reads,
  }
}

/** Which scope is missing, of a message that says it. */
function scopeOf(message: string): string {
  const said = 'expected any of: '
  const at = message.indexOf(said)
  return at === -1 ? message : message.slice(at + said.length)
}

function badAnswer(
  type: string,
  path: string,
  { status, json }: { status: number; json?: unknown },
): BadAnswer {
  const { message, errorCode } = isEntry(json) ? json : {}
  const text = String(message ?? 'no reason').slice(0, 300)
  return {
    type,
    path: targetOf(path).path,
    status,
    message: text,
    scope: status === 403 && (errorCode === 'insufficient_scope' || text.startsWith('Insufficient scope')),
  }
}

function refusal({ domain }: TenantAccess, { path, status, message }: BadAnswer): ToolkitError {
  return new ToolkitError('ERR_DEPLOY', `"${domain}" answered ${status} to GET ${path}: ${message}`, {
    hint: `${hintFor(status)} Nothing was written.`,
  })
}

function isNothing(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    (typeof value === 'object' && Object.values(value).every(isNothing))
  )
}
