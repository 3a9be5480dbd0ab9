/** Tells the parent process where a server listens; later, on request, the memory that is left after a collection. */
export function report({ issuer }) {
  process.on('message', () => {
    globalThis.gc()
    process.send({ megabytes: process.memoryUsage().rss / 1e6, heap: process.memoryUsage().heapUsed / 1e6 })
  })
  process.send({ issuer })
}
