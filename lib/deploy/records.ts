import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ToolkitError } from '../errors.ts'
import { ifMissing, readIfThere, writeNew } from '../files/index.ts'
import { makeOwnFolder, OWN_FILE, OWN_FOLDER } from './own-folder.ts'
import type { PlanChange, ReadBack } from './types.ts'

/** What one deploy changed: `schemas/deploy-record.schema.json`. Holds hashes and names, never code or a secret. */
export interface DeployRecord {
  version: 1
  /** Counted from 1 in this workspace. */
  number: number
  domain: string
  /** ISO 8601. */
  date: string
  /** Commit that was checked out, with `dirty` when files differed from it. Absent outside git. */
  commit?: { id: string; dirty: boolean }
  changes: PlanChange[]
  before: ReadBack
  after: ReadBack
}

const FOLDER = join(OWN_FOLDER, 'deploys')

/**
 * Writes the next record into the workspace, in a folder that git ignores.
 *
 * @throws {ToolkitError} `ERR_ENVIRONMENT` when it cannot be written: the tenant is changed all the same
 */
export async function writeRecord(
  root: string,
  record: Omit<DeployRecord, 'version' | 'number'>,
): Promise<DeployRecord> {
  try {
    return await writeNext(root, record)
  } catch (cause) {
    throw new ToolkitError(
      'ERR_ENVIRONMENT',
      `"${record.domain}" was written, and no record of it can be kept`,
      {
        hint: `Make "${FOLDER}" writable; claims rollback cannot undo this one, another deploy can.`,
        file: FOLDER,
        cause,
      },
    )
  }
}

async function writeNext(
  root: string,
  record: Omit<DeployRecord, 'version' | 'number'>,
): Promise<DeployRecord> {
  const folder = await makeOwnFolder(root, 'deploys')
  for (let number = ((await numbers(root)).at(-1) ?? 0) + 1; ; number++) {
    const full: DeployRecord = { version: 1, number, ...record }
    const text = `${JSON.stringify(full, null, 2)}\n`
    // Of two deploys at once each gets a number of its own.
    if (await writeNew(join(folder, `${number}.json`), text, { root, mode: OWN_FILE })) return full
  }
}

/** The newest record of a deploy to `domain`. */
export async function newestRecord(root: string, domain: string): Promise<DeployRecord | undefined> {
  for (const number of (await numbers(root)).reverse()) {
    const record = await read(root, number)
    if (record?.domain === domain) return record
  }
  return undefined
}

/**
 * The record with this number, or the newest one of `domain`.
 *
 * @throws {ToolkitError} `ERR_INPUT` when there is none, or it is of another tenant.
 */
export async function readRecord(root: string, domain: string, number?: number): Promise<DeployRecord> {
  const record = number === undefined ? await newestRecord(root, domain) : await read(root, number)
  if (record?.domain === domain) return record
  if (record !== undefined) {
    throw new ToolkitError('ERR_INPUT', `deploy ${number} went to "${record.domain}", not to "${domain}"`, {
      hint: 'Name that tenant, or another deploy.',
    })
  }
  throw new ToolkitError('ERR_INPUT', `there is no record of a deploy to "${domain}"`, {
    hint: `Records are written by claims deploy, to ${FOLDER} in the workspace.`,
  })
}

async function read(root: string, number: number): Promise<DeployRecord | undefined> {
  const file = join(FOLDER, `${number}.json`)
  const text = await readIfThere(join(root, file))
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as DeployRecord
  } catch {
    throw new ToolkitError('ERR_INPUT', `"${file}" is not JSON`, { hint: 'Delete it.', file })
  }
}

async function numbers(root: string): Promise<number[]> {
  const names = await readdir(join(root, FOLDER)).catch(ifMissing<string[]>([]))
  return names
    .map((name) => Number(/^(\d+)\.json$/.exec(name)?.[1] ?? 0))
    .filter((number) => number > 0)
    .sort((a, b) => a - b)
}
