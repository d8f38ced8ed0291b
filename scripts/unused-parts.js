/**
 * With its client ssh2 loads agents for HTTP through SSH, and so Node's http, https and tls, which takes 2 to 3 ms of each start. Nothing
 * in ferry asks for them.
 */
export const unusedParts = {
  name: 'unused-parts',
  setup(build) {
    build.onLoad({ filter: /\/ssh2\/lib\/http-agents\.js$/ }, () => ({ contents: 'module.exports = {}' }))
  },
}
