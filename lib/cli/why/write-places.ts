import { tryBundleActions } from '../../bundle/index.ts'
import { type PlacedClaim, placedClaims } from '../../check/index.ts'
import { postLogin } from '../../triggers/index.ts'
import { boundTo } from '../../workspace/bound.ts'
import type { Workspace } from '../../workspace/index.ts'

/** A line that can set a claim, and whether a login gets there. */
export interface WritePlace extends PlacedClaim {
  action: string
  /** Whether the Action is bound to the trigger. */
  isBound: boolean
  /** Whether the handler is one of a login. */
  ofLogin: boolean
}

/** Every line of the workspace's Actions that can set a claim, as far as the source tells. Actions that do not build have none. */
export async function writePlaces(workspace: Workspace): Promise<WritePlace[]> {
  const { built } = await tryBundleActions(workspace.actions, { root: workspace.root })
  const places = await Promise.all(
    built.map(async (bundle) =>
      (await placedClaims(bundle, workspace.root)).map((place) => ({
        ...place,
        action: bundle.name,
        isBound: boundTo(workspace, { id: place.trigger }).includes(bundle.name),
        ofLogin: place.trigger === postLogin.id,
      })),
    ),
  )
  return places.flat()
}
