import type { Area as AreaOf, Method } from '../method.ts'
import type { PostLoginEvent } from './event.ts'

export type PostLoginMethod = Method<PostLoginEvent>
export type Area = AreaOf<PostLoginEvent>
