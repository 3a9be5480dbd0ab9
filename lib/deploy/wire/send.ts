import { ToolkitError } from '../../errors.ts'
import type { DeployStep } from '../progress.ts'
import { secretsOfCall, withoutQuoted } from '../quoted-secrets.ts'
import { hintFor, isFailure, pauseBefore } from '../transport.ts'
import type { Call } from './documents.ts'
import { isEntry } from './json.ts'
import { lostAnswer } from './lost-answer.ts'
import { fits, idMember, isBindings, targetOf } from './paths.ts'
import type { Upstream, WireAnswer } from './reads.ts'

export interface SendOptions {
  domain: string
  /** A tenant on this machine needs no pauses. */
  local: boolean
  /** Called for each call; its promise is awaited. */
  onCall?: (event: CallEvent) => Promise<void>
  /** What a plan calls that which a call writes. */
  titleOf: (call: Call) => { type: string; name: string }
  onStep?: (step: DeployStep) => void
  signal?: AbortSignal | undefined
}

/** Of a call that is about to be sent, that is done (`ids`: those that it made), or that did nothing (`refused`). */
export interface CallEvent {
  index: number
  ids?: Readonly<Record<string, string>>
  refused?: true
}

/** Milliseconds until a real tenant has what was just made. */
const SETTLING = 2_500
const BUILD = { attempts: 60, pause: 2_000 }

/**
 * Sends the calls of a plan, one after another, with the ids that the tenant gives instead of those that were made up.
 * Fills `ids` with them. Waits for builds.
 *
 * @throws {ToolkitError} `ERR_DEPLOY` at the first that the tenant refuses, or when the signal ends it.
 */
export async function sendCalls(
  upstream: Upstream,
  calls: readonly Call[],
  ids: Map<string, string>,
  options: SendOptions,
): Promise<void> {
  const { local, onCall, onStep } = options
  const proceed = () => {
    if (options.signal?.aborted === true) throw ended()
  }
  const pause = (milliseconds: number) =>
    new Promise<void>((resolve) => setTimeout(resolve, local ? milliseconds / 40 : milliseconds))
  let settled = true
  for (const [index, call] of calls.entries()) {
    proceed()
    const { type, name } = options.titleOf(call)
    const needsSettled = isBindings(call.path) || fits(call.path, '/connections/*/clients')
    if (needsSettled && !settled && !local) await pause(SETTLING)
    if (needsSettled) settled = true
    await onCall?.({ index })
    let answer: WireAnswer
    for (let attempt = 1; ; attempt++) {
      answer = await posted(upstream, withIds(call, ids), name, local)
      if (!isBuilding(call, answer) || attempt > BUILD.attempts) break
      if (attempt === 1) onStep?.({ step: 'building', type, name })
      await pause(BUILD.pause)
      proceed()
    }
    if (answer.status < 200 || answer.status > 299) {
      if (isRefusal(answer.status) && answer.failedBefore !== true) await onCall?.({ index, refused: true })
      throw refusal(options.domain, `${type} "${name}"`, call, answer)
    }
    const made = call.makes === undefined ? undefined : madeId(call, answer)
    if (call.makes !== undefined && made !== undefined) ids.set(call.makes, made)
    await onCall?.({ index, ids: made === undefined ? {} : { [call.makes!]: made } })
    if (call.purpose === 'publish' || call.path === '/connections') settled = false
    onStep?.({ step: STEPS[call.purpose], type, name })
  }
}

/** Tries of a POST that gets no response. */
const TRIES = 4

/** Sends a call; a POST again after a failure of the tenant, if it was not done. */
async function posted(upstream: Upstream, call: Call, name: string, local: boolean): Promise<WireAnswer> {
  for (let attempt = 1; ; attempt++) {
    const answer = await upstream(call)
    // A repeated call that adds is refused where the first one was done.
    if (attempt > 1 && answer.status === 409 && call.purpose !== 'create') return { status: 200, json: {} }
    if (call.method !== 'POST' || !isFailure(answer.status)) return answer
    await new Promise((resolve) => setTimeout(resolve, pauseBefore(attempt, local) * 1000))
    const lost = await lostAnswer(upstream, call, name)
    if (lost === 'unknown' || (lost === 'again' && attempt >= TRIES)) return answer
    if (lost !== 'again') return lost
  }
}

const STEPS: Readonly<Record<Call['purpose'], DeployStep['step']>> = {
  create: 'created',
  change: 'updated',
  add: 'updated',
  remove: 'updated',
  delete: 'deleted',
  publish: 'deployed',
}

function ended(): ToolkitError {
  return new ToolkitError('ERR_DEPLOY', 'the deploy was ended on request', {
    hint: 'Run the command again.',
  })
}

/** A path or body with the tenant's ids. */
export function withIds<T extends { path: string; body?: unknown }>(
  call: T,
  ids: ReadonlyMap<string, string>,
): T {
  if (ids.size === 0) return call
  const filled = (text: string) => {
    let result = text
    for (const [made, id] of ids) if (result.includes(made)) result = result.replaceAll(made, id)
    return result
  }
  return {
    ...call,
    path: filled(call.path),
    ...(call.body !== undefined && { body: JSON.parse(filled(JSON.stringify(call.body))) as unknown }),
  }
}

function isBuilding({ purpose }: Call, { status, json }: WireAnswer): boolean {
  const message = isEntry(json) ? String(json['message']) : ''
  return purpose === 'publish' && status === 400 && message.includes("must be in the 'built' state")
}

/** Whether a tenant certainly did nothing: a resource of that name is then somebody else's. */
function isRefusal(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408
}

function madeId({ path, purpose }: Call, { json }: WireAnswer): string | undefined {
  const id = isEntry(json) ? json[purpose === 'publish' ? 'id' : idMember(targetOf(path).path)] : undefined
  return typeof id === 'string' ? id : undefined
}

function refusal(
  domain: string,
  entity: string,
  { path, body }: Call,
  { status, json }: WireAnswer,
): ToolkitError {
  const message = isEntry(json) ? String(json['message'] ?? 'no reason') : 'no reason'
  return new ToolkitError(
    'ERR_DEPLOY',
    `the deploy to "${domain}" failed at ${entity}: ${status} ${withoutQuoted(message, secretsOfCall(path, body))}`,
    { hint: hintFor(status) },
  )
}
