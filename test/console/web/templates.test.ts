import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openTemplates } from '../../../src/console/web/templates.js'
import { ClienteleError } from '../../../src/index.js'
import { ask, closeAll, openSite, words } from '../harness.js'

test.after(closeAll)

/** A folder with these files, a secret beside it, and nothing of either afterwards. */
async function folderOf(files: Record<string, string>) {
  const root = await mkdtemp(join(tmpdir(), 'clientele-'))
  const folder = join(root, 'templates')
  await mkdir(folder)
  await writeFile(join(root, 'secret.pug'), 'p TOP SECRET')
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  return { folder, root, [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }) }
}

const layout =
  'doctype html\nhtml(lang=messages.language)\n  head\n    block title\n    block script\n  body\n    p.host The host’s own frame\n    block content\n'

test('a host’s layout goes around our pages', async () => {
  await using files = await folderOf({ 'layout.pug': layout })
  const { origin } = await openSite({ options: { templates: files.folder } })
  for (const path of ['', '/faq', '/stats', '/none']) {
    const { text } = await ask(origin, `/apikey${path}`)
    assert.match(text, 'The host’s own frame')
    assert.match(text, '<h1>')
    assert.not.match(text, 'class="top"')
  }
})

test('our layout goes around a host’s page, which may use our parts, and none of the other files counts', async () => {
  await using files = await folderOf({
    'faq.pug': 'extends layout\ninclude parts\nblock content\n  h1 Ask us\n  +rich(messages.faq.securityAnswer)\n',
    'README.md': 'x',
    'hom.pug': 'p= broken(',
  })
  const { origin } = await openSite({ options: { templates: files.folder, title: 'Lacuna' } })
  const { text } = await ask(origin, '/apikey/faq')
  assert.match(text, '<h1>Ask us</h1>')
  assert.match(text, 'class="top"')
  assert.match(words(text), 'it is no security feature')
  assert.match((await ask(origin, '/apikey')).text, 'action="./apikey/register"')
})

test('console.css and console.js too; the accent stays at the end', async () => {
  await using files = await folderOf({ 'console.css': 'body { color: red }\n', 'console.js': '// ours\n' })
  const { origin } = await openSite({ options: { templates: files.folder, accent: '#0a0' } })
  assert.match((await ask(origin, '/apikey/console.css')).text, /^body \{ color: red \}\n:root\{--accent/)
  assert.is((await ask(origin, '/apikey/console.js')).text, '// ours\n')
})

test('what a person typed is escaped in a host’s template as well', async () => {
  await using files = await folderOf({ 'registered.pug': 'p= name\n' })
  const { origin } = await openSite({ options: { templates: files.folder } })
  const { text } = await ask(origin, '/apikey/register', { form: { name: '<script>' } })
  assert.is(text, '<p>&lt;script&gt;</p>')
})

async function faultOf(folder: string): Promise<ClienteleError> {
  try {
    openTemplates(folder)
  } catch (error) {
    assert.instance(error, ClienteleError)
    return error as ClienteleError
  }
  return assert.unreachable() as never
}

const broken: [what: string, files: Record<string, string>, said: RegExp][] = [
  ['a template that does not parse', { 'home.pug': 'p(' }, /home\.pug does not compile/],
  ['a layout that does not parse', { 'layout.pug': 'p= a b' }, /does not compile/],
  ['a layout without end', { 'layout.pug': 'extends layout' }, /does not compile/],
  ['a layout that lacks a block of our pages', { 'layout.pug': 'block content' }, /Unexpected block title/],
  ['a template that is not ours', { 'home.pug': 'include own' }, /There is no template own\.pug here/],
  ['a file beside the folder', { 'home.pug': 'include ../secret' }, /There is no template \.\.\/secret\.pug here/],
  ['a file of the machine', { 'home.pug': 'include /etc/hostname' }, /There is no template \/etc\/hostname/],
  ['a raw file of the machine', { 'home.pug': 'include ../secret.txt' }, /There is no template \.\.\/secret\.txt here/],
]
for (const [what, own, said] of broken) {
  test(`${what} stops the start, and the error names the option`, async () => {
    await using files = await folderOf(own)
    const { code, field, message } = await faultOf(files.folder)
    assert.equal([code, field], ['option_invalid', 'templates'])
    assert.match(message, 'the option `templates`')
    assert.match(message, said)
  })
}

test('a link that leads out of the folder stops the start; one that stays inside is a file like any other', async () => {
  await using files = await folderOf({ 'real.txt': 'p inside\n' })
  await symlink('real.txt', join(files.folder, 'faq.pug'))
  assert.is(openTemplates(files.folder).render('faq', {}), '<p>inside</p>')
  await symlink('../secret.pug', join(files.folder, 'home.pug'))
  assert.match((await faultOf(files.folder)).message, 'home.pug is a link to a file outside of it')
})

test('a folder whose name only begins alike is outside', async () => {
  await using files = await folderOf({})
  await mkdir(`${files.folder}-more`)
  await writeFile(join(`${files.folder}-more`, 'home.pug'), 'p more')
  await symlink('../templates-more/home.pug', join(files.folder, 'home.pug'))
  assert.match((await faultOf(files.folder)).message, 'outside of it')
})

test('no folder, no file, a link to nothing: the start stops', async () => {
  await using files = await folderOf({})
  assert.match((await faultOf(join(files.folder, 'none'))).message, 'ENOENT')
  assert.match((await faultOf(join(files.root, 'secret.pug'))).message, 'ENOTDIR')
  await mkdir(join(files.folder, 'faq.pug'))
  assert.match((await faultOf(files.folder)).message, 'faq.pug is no file')
  await rm(join(files.folder, 'faq.pug'), { recursive: true })
  await symlink('nothing', join(files.folder, 'faq.pug'))
  assert.match((await faultOf(files.folder)).message, 'ENOENT')
})

test('a template that breaks only when it is drawn: a plain answer, and a report', async () => {
  await using files = await folderOf({ 'faq.pug': 'p= nothing.at.all\n' })
  const { origin, errors } = await openSite({ options: { templates: files.folder } })
  const { status, text } = await ask(origin, '/apikey/faq')
  assert.is(status, 500)
  assert.is(text, 'This page could not be made. Nothing was lost by it.')
  assert.is(errors[0]?.code, 'console_failed')
})

test.run()
