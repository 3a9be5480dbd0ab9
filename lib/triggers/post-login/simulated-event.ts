import type { PostLoginEvent } from './event.ts'

/** An event as the pipeline takes it: each Action gets its own `secrets`. */
export type SimulatedEvent = Omit<PostLoginEvent, 'secrets'>

export type DeepPartial<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { [K in keyof T]?: DeepPartial<T[K]> | undefined }
    : T
