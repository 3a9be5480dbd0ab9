import { baseOf } from './base.ts'
import type { Call } from './documents.ts'
import { isEntry } from './json.ts'
import { isMadeUp } from './overlay.ts'
import { hasNaming, pathByName } from './path-by-name.ts'
import { idMember, parentOf } from './paths.ts'
import { readsOf, type Upstream, type WireAnswer } from './reads.ts'

/**
 * What became of a POST without a response: the response that the tenant would have given if it was done, `'again'` if
 * it was not done or may be done twice, `'unknown'` if nobody can tell.
 *
 * @param call With the tenant's ids.
 */
export async function lostAnswer(
  upstream: Upstream,
  { path, document, body, purpose }: Call,
  name: string,
): Promise<WireAnswer | 'again' | 'unknown'> {
  const reads = readsOf(upstream)
  if (purpose === 'publish') {
    const { answer } = await reads.read(document)
    if (!isEntry(answer.json) || answer.status !== 200) return 'unknown'
    const { json } = answer
    if (json['all_changes_deployed'] !== true && json['all_changes_published'] !== true) return 'again'
    return { status: 200, json: json['deployed_version'] ?? json['latest_version'] ?? {} }
  }
  if (purpose !== 'create') return 'again'
  let own: string | null | undefined = document
  if (isMadeUp(document)) {
    if (!hasNaming(body)) return 'unknown'
    own = await pathByName(reads, { path: document, after: body, name })
    if (own === undefined) return 'again'
    if (own === null) return 'unknown'
  }
  const there = await baseOf(reads, own, () => false)
  if (there === undefined) return 'unknown'
  if (!isEntry(there)) return 'again'
  return { status: 201, json: { ...there, [idMember(path)]: decodeURIComponent(parentOf(own)[1]) } }
}
