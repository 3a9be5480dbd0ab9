import { appendFile, type FileHandle, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ToolkitError } from '../errors.ts'
import { ifMissing, isFile, makeOwnFolder, OWN_FILE, OWN_FOLDER, readIfThere } from '../files/index.ts'
import { withoutFormerValues } from './former-values.ts'
import type { Markers } from './markers.ts'
import type { ReadBack } from './types.ts'
import { type Digest, isDigest, withoutSecrets } from './wire/digests.ts'
import type { Call } from './wire/documents.ts'
import type { Entry } from './wire/json.ts'
import type { CallEvent } from './wire/send.ts'
import type { Step } from './wire/steps.ts'

/** What a deploy did, as its journal tells. */
export interface Journal {
  number: number
  domain: string
  /** ISO 8601. */
  date: string
  /** What runs before the deploy. */
  state: ReadBack
  steps: Step[]
  /** How many calls there were to be, and how many were begun and not refused. */
  calls: { total: number; begun: number }
  /** Paths of what those that were begun write. */
  touched: Set<string>
  /** Ids that the tenant gave, by the ones made up for the plan. */
  ids: Map<string, string>
  /** Absent when the deploy was killed. */
  end?: 'deployed' | 'undone' | 'left'
  /** Numbers of deploys that were killed, and that this one finished. */
  finishes: number[]
  /** Whether it is one that undoes others. */
  rollback?: boolean
}

/** Where a deploy writes down what it is about to do, before it does it. */
export interface DeployJournal {
  begin(steps: readonly Step[], calls: readonly Call[]): Promise<void>
  call(event: CallEvent): Promise<void>
  /** What the tenant shows besides what was sent, by path as in the steps: {@link Step.shown}. */
  shown(besides: Readonly<Record<string, Entry>>): Promise<void>
  end(outcome: 'deployed' | 'undone' | 'left'): Promise<void>
}

/** Folder of records and journals, below the workspace. */
export const DEPLOYS = join(OWN_FOLDER, 'deploys')

type Line =
  | ({ journal: 1 } & Pick<
      Journal,
      'number' | 'domain' | 'date' | 'state' | 'steps' | 'finishes' | 'rollback'
    > & {
        calls: string[]
      })
  | { call: number }
  | { done: number; ids: Record<string, string> }
  | { refused: number }
  | { shown: Readonly<Record<string, Entry>> }
  | { end: NonNullable<Journal['end']> }

/**
 * A journal of the next deploy from a workspace: each step is on the disk before it is done, in a file that only the
 * user can read. It has digests in place of secrets and of earlier values of markers, and markers in place of their
 * values.
 */
export function newJournal(
  root: string,
  markers: Pick<Markers, 'maskedDocument' | 'kept'>,
  {
    domain,
    state,
    finishes = [],
    rollback = false,
  }: Pick<Journal, 'domain' | 'state'> & Partial<Pick<Journal, 'finishes' | 'rollback'>>,
): DeployJournal & { number(): number; stop(): Promise<void> } {
  let file: FileHandle | undefined
  let number = 0
  const write = async (line: unknown, hint = `Make room for "${DEPLOYS}", and deploy again.`) => {
    try {
      await file!.appendFile(`${JSON.stringify(line)}\n`)
      await file!.datasync()
    } catch (cause) {
      throw new ToolkitError('ERR_ENVIRONMENT', 'the journal of the deploy cannot be written', {
        hint,
        file: DEPLOYS,
        cause,
      })
    }
  }
  return {
    number: () => number,
    async begin(steps, calls) {
      ;({ file, number } = await nextFile(root).catch((cause: unknown) => {
        if (cause instanceof ToolkitError) throw cause
        throw new ToolkitError('ERR_ENVIRONMENT', 'the journal of the deploy cannot be written', {
          hint: `Make "${DEPLOYS}" writable. Nothing was sent to the tenant.`,
          file: DEPLOYS,
          cause,
        })
      }))
      const head: Line = {
        journal: 1,
        number,
        domain,
        date: new Date().toISOString(),
        state,
        finishes,
        ...(rollback && { rollback }),
        steps: steps.map(({ before, after, ...step }) => ({
          ...step,
          ...(before !== undefined && {
            before: withoutSecrets(withoutFormerValues({ ...step, before, after }, markers)),
          }),
          ...(after !== undefined && { after: withoutSecrets(after) }),
        })),
        calls: calls.map(({ document }) => document),
      }
      try {
        await write(
          markers.kept(head),
          `Make room for "${DEPLOYS}", and run the command again. Nothing was sent to the tenant.`,
        )
      } catch (error) {
        await file.close()
        await rm(join(root, DEPLOYS, `${number}.journal`), { force: true })
        throw error
      }
    },
    call: ({ index, ids, refused }) =>
      write(
        (refused === true
          ? { refused: index }
          : ids === undefined
            ? { call: index }
            : { done: index, ids }) satisfies Line,
      ),
    shown: async (besides) => {
      if (Object.keys(besides).length > 0) await write(markers.kept({ shown: besides }))
    },
    // Without an end: it is to be gone on with.
    stop: async () => file?.close(),
    async end(outcome) {
      // Without its end it counts as cut off, and the next deploy looks at what the tenant has: no reason to undo a
      // deploy.
      await write({ end: outcome } satisfies Line).catch(() => {})
      await file!.close()
      // Nothing is left of it.
      if (outcome === 'undone') await rm(join(root, DEPLOYS, `${number}.journal`))
    },
  }
}

/** Ends the journal of a deploy that was killed. */
export async function closeJournal(
  root: string,
  number: number,
  outcome: NonNullable<Journal['end']>,
): Promise<void> {
  await appendFile(join(root, DEPLOYS, `${number}.journal`), `\n${JSON.stringify({ end: outcome })}\n`)
}

async function nextFile(root: string): Promise<{ file: FileHandle; number: number }> {
  const folder = await makeOwnFolder(root, 'deploys')
  for (let number = ((await deployNumbers(root)).at(-1) ?? 0) + 1; ; number++) {
    try {
      // Exclusive: of two deploys at once each gets a number of its own.
      return { file: await open(join(folder, `${number}.journal`), 'ax', OWN_FILE), number }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

/** Numbers of all deploys of a workspace, from the oldest. */
export async function deployNumbers(root: string): Promise<number[]> {
  const names = await readdir(join(root, DEPLOYS)).catch(ifMissing<string[]>([]))
  const found = names
    .filter((name) => name.endsWith('.json') || name.endsWith('.journal'))
    .map((name) => Number(name.slice(0, name.lastIndexOf('.'))))
  return [...new Set(found)].filter((number) => Number.isInteger(number) && number > 0).sort((a, b) => a - b)
}

/**
 * The journals of deploys to a tenant, from the oldest. A last line that was cut off is left out.
 *
 * @throws {ToolkitError} `ERR_INPUT` for a file that is no journal.
 */
export async function readJournals(
  root: string,
  domain: string,
  markers: Pick<Markers, 'restored'>,
): Promise<Journal[]> {
  const journals: Journal[] = []
  for (const number of await deployNumbers(root)) {
    const name = join(DEPLOYS, `${number}.journal`)
    const text = await readIfThere(join(root, name))
    if (text === undefined || text === '') continue
    const journal = parsed(text, name, markers)
    if (journal?.domain !== domain) continue
    journal.number = number
    // A record is written after the end only: what is missing of the journal is its last part, not of the deploy.
    if (journal.end === undefined && (await isFile(join(root, DEPLOYS, `${number}.json`)))) {
      journal.end = 'deployed'
      journal.calls.begun = journal.calls.total
    }
    journals.push(journal)
  }
  return journals
}

function lineOf(line: string, isHead: boolean): Line[] {
  try {
    return [JSON.parse(line) as Line]
  } catch (error) {
    if (isHead) throw error
    return []
  }
}

function parsed(text: string, name: string, { restored }: Pick<Markers, 'restored'>): Journal | undefined {
  // The last line before a kill may be cut off.
  const whole = text
    .split('\n')
    .filter((line) => line !== '' && (line.endsWith('}') || !line.startsWith('{')))
  try {
    const [head, ...rest] = whole.flatMap((line, index) => lineOf(line, index === 0))
    // It was killed before its first line was written: nothing was done.
    if (head === undefined) return undefined
    if (!('journal' in head) || head.journal !== 1) throw new Error('no head that is known')
    const { calls, ...told } = restored<typeof head>(head)
    const journal: Journal = {
      ...told,
      calls: { total: calls.length, begun: 0 },
      touched: new Set(),
      ids: new Map(),
    }
    const refused = new Set(rest.flatMap((line) => ('refused' in line ? [line.refused] : [])))
    for (const line of rest) {
      if ('call' in line) {
        if (refused.has(line.call)) continue
        journal.calls.begun++
        journal.touched.add(calls[line.call]!)
      } else if ('done' in line) {
        for (const [made, id] of Object.entries(line.ids)) journal.ids.set(made, id)
      } else if ('shown' in line) {
        const { shown } = restored<typeof line>(line)
        for (const step of journal.steps) {
          const besides = shown[step.path]
          if (besides !== undefined) step.shown = besides
        }
      } else if ('end' in line) journal.end = line.end
    }
    return journal
  } catch (cause) {
    throw new ToolkitError('ERR_INPUT', `"${name}" is not a journal of a deploy, or of a newer version`, {
      hint: 'Use the newest claims; if that does not help, move it away. That deploy cannot be undone then.',
      file: name,
      cause,
    })
  }
}

/** What deploys have sent of the resources that cannot be read, by path. From the oldest journal. */
export function sentBefore(journals: readonly Journal[]): ReadonlyMap<string, Digest> {
  const sent = new Map<string, Digest>()
  for (const { steps, end, rollback } of journals) {
    for (const { path, change, after } of steps) {
      if (change === 'update' || !isDigest(after)) continue
      if (end === 'deployed' && rollback !== true) sent.set(path, after)
      else sent.delete(path)
    }
  }
  return sent
}
