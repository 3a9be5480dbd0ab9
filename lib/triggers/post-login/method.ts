import type { Method } from '../method.ts'
import type { PostLoginEvent } from './event.ts'

export type PostLoginMethod = Method<PostLoginEvent>

/** An area of the api, by the names of its methods. */
export type Area = Readonly<Record<string, PostLoginMethod>>
