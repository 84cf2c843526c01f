// What the packages without types of their own give, as far as the tests use it.
declare module 'koa-bodyparser' {
  import type { Middleware } from 'koa'
  export default function bodyParser(options?: { jsonLimit?: string }): Middleware
}
declare module 'koa-mount' {
  import type Koa from 'koa'
  export default function mount(prefix: string, app: Koa | Koa.Middleware): Koa.Middleware
}
declare module 'router10' {
  export { default } from '@koa/router'
}
declare module 'router11' {
  export { default } from '@koa/router'
}
declare module 'router12' {
  export { default } from '@koa/router'
}
declare module 'router13' {
  export { default } from '@koa/router'
}
declare module 'router14' {
  export { default } from '@koa/router'
}
