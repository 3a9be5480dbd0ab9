/** Runs on their way into the child. */

import { createHash } from 'node:crypto'
import { TRIGGER_TIMEOUT_MILLISECONDS } from './limits.ts'
import type { QueuedRun, RunMessage } from './messages.ts'
import type { LogLine, RunnableAction, RunRequest, RunResult } from './types.ts'

export interface Pending {
  request: RunRequest
  id: number
  logs: LogLine[]
  /** When it became the first in the child. */
  begun: number
  /** The child has said that it has begun with it. */
  told: boolean
  resolve: (result: RunResult) => void
  reject: (error: unknown) => void
}

/** What the events of a batch share is sent once. */
export function runMessage(batch: readonly Pending[]): RunMessage {
  const parts: unknown[] = []
  const places = new Map<string, number>()
  const place = (part: unknown) => {
    const text = batch.length === 1 ? String(parts.length) : JSON.stringify(part)
    const known = places.get(text)
    if (known !== undefined) return known
    places.set(text, parts.length)
    return parts.push(part) - 1
  }
  return { type: 'run', parts, runs: batch.map((pending) => queued(pending, place)) }
}

function queued({ id, request }: Pending, place: (part: unknown) => number): QueuedRun {
  const { action, handler, event, facts = {}, cold = false, positions = true, clockOffset = 0 } = request
  const { timeoutMilliseconds = TRIGGER_TIMEOUT_MILLISECONDS } = request
  return {
    id,
    key: keyOf(action),
    cold,
    positions,
    clockOffset,
    timeoutMilliseconds,
    event: Object.fromEntries(
      Object.entries(event).flatMap(([name, part]) => (part === undefined ? [] : [[name, place(part)]])),
    ),
    execution: { handler, secrets: action.secrets, facts },
  }
}

const keys = new WeakMap<RunnableAction, string>()

/** A new version of an Action is a new module, as with Auth0. */
export function keyOf(action: RunnableAction): string {
  const key = keys.get(action) ?? createHash('sha256').update(JSON.stringify(action)).digest('base64')
  keys.set(action, key)
  return key
}
