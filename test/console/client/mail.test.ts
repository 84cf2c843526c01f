import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { createTransport } from 'nodemailer'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { isMailAddress } from '../../../src/console/client/mail.js'
import { ask, closeAll, keysOn, openSite, words } from '../harness.js'

test.after(closeAll)

/** An SMTP server that takes every mail, or no recipient. */
async function openSink({ refuses = false } = {}) {
  const mails: { to: string[]; data: string }[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    let to: string[] = []
    let data: string | undefined
    socket.write('220 sink\r\n')
    let rest = ''
    socket.on('data', (chunk) => {
      const lines = (rest + chunk.toString('utf8')).split('\r\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        if (data !== undefined) {
          if (line !== '.') data += `${line}\n`
          else {
            mails.push({ to, data })
            data = undefined
            to = []
            socket.write('250 taken\r\n')
          }
        } else if (/^RCPT/i.test(line) && refuses) socket.write(`550 no such mailbox ${line}\r\n`)
        else if (/^DATA/i.test(line)) {
          data = ''
          socket.write('354 go on\r\n')
        } else {
          if (/^RCPT/i.test(line)) to.push(/<(.*)>/.exec(line)?.[1] ?? '')
          socket.write('250 ok\r\n')
        }
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const transport = createTransport({ host: '127.0.0.1', port, secure: false, ignoreTLS: true })
  return {
    mails,
    transport,
    async [Symbol.asyncDispose]() {
      transport.close()
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const from = 'Lacuna <keys@game.example>'
const form = { name: 'Buy at evil.example', contact: 'me@client.example', mail: 'yes' }

/** The text of a mail: quoted-printable undone. */
function textOf(data: string): string {
  const [, body = ''] = data.split(/\n\n(.*)/s)
  return Buffer.from(
    body.replace(/=\n/g, '').replace(/=([\dA-F]{2})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16))),
    'latin1',
  ).toString('utf8')
}

test('over SMTP: both keys, once, to the one address, with nothing in it that was typed', async () => {
  await using sink = await openSink()
  const { origin, errors } = await openSite({ options: { title: 'Lacuna', mail: { transport: sink.transport, from } } })
  assert.match(words((await ask(origin, '/apikey')).text), 'Send both keys to this e-mail address')
  const { status, text } = await ask(origin, '/apikey/register', { form })
  assert.is(status, 201)
  assert.match(words(text), 'Both keys were sent to me@client.example.')
  const { publicKey, privateKey } = keysOn(text)
  assert.is(sink.mails.length, 1)
  const [mail = { to: [], data: '' }] = sink.mails
  assert.equal(mail.to, ['me@client.example'])
  assert.match(mail.data, /^From: Lacuna <keys@game\.example>$/m)
  assert.match(mail.data, /^Subject: Your API key for Lacuna$/m)
  assert.match(mail.data, /^Auto-Submitted: auto-generated$/m)
  for (const line of [publicKey, privateKey]) assert.match(textOf(mail.data), `\n${line}\n`)
  assert.not.match(mail.data, 'evil')
  assert.equal(errors, [])
})

test('in the language of whoever registers', async () => {
  await using sink = await openSink()
  const { origin } = await openSite({ options: { title: 'Lacuna', mail: { transport: sink.transport, from } } })
  await ask(origin, '/apikey/register', { form, headers: { 'accept-language': 'de' } })
  assert.match(textOf(sink.mails[0]?.data ?? ''), 'Öffnet Ihre Statistik.')
})

test('only when asked for, and only where the host has a transport', async () => {
  await using sink = await openSink()
  const offering = await openSite({ options: { mail: { transport: sink.transport, from } } })
  const { text } = await ask(offering.origin, '/apikey/register', { form: { ...form, mail: '' } })
  assert.not.match(text, 'e-mail')
  assert.is(sink.mails.length, 0)
  const without = await openSite()
  assert.not.match((await ask(without.origin, '/apikey')).text, 'name="mail"')
  assert.not.match((await ask(without.origin, '/apikey/register', { form })).text, 'sent to')
})

const bad = [
  'a@b.example, c@d.example',
  'a@b.example;c@d.example',
  'Name <a@b.example>',
  'a@b.example\r\nBcc: c@d.example',
  'a@b.example c@d.example',
  '"a b"@c.example',
  'a@[127.0.0.1]',
  'a@localhost',
  'ä@b.example',
  'group:a@b.example;',
  '@b.example',
  'me on Discord',
  '',
]
for (const contact of bad) {
  test(`${JSON.stringify(contact)} gets no mail, and nothing is registered`, async () => {
    assert.not(isMailAddress(contact))
    await using sink = await openSink()
    const { origin, clients } = await openSite({ options: { mail: { transport: sink.transport, from } } })
    const answer = await ask(origin, '/apikey/register', { form: { ...form, contact } })
    assert.is(answer.status, 422)
    assert.match(answer.text, 'href="#contact"')
    assert.is(sink.mails.length, 0)
    for await (const client of clients.registry.list()) assert.unreachable(client.name)
  })
}

test('a name with line breaks cannot add a header, because it is refused, and no name is in a mail', async () => {
  await using sink = await openSink()
  const { origin } = await openSite({ options: { mail: { transport: sink.transport, from } } })
  const name = 'X\r\nBcc: other@client.example'
  assert.is((await ask(origin, '/apikey/register', { form: { ...form, name } })).status, 422)
  await ask(origin, '/apikey/register', { form: { ...form, name: '=?utf-8?Q?=0ABcc:_a@b.example?=' } })
  assert.is(sink.mails.length, 1)
  assert.not.match(sink.mails[0]?.data ?? '', /bcc/i)
})

test('a server that refuses the mail: the key pair is shown all the same, and no address is in the report', async () => {
  await using sink = await openSink({ refuses: true })
  const { origin, errors } = await openSite({ options: { mail: { transport: sink.transport, from } } })
  const { status, text } = await ask(origin, '/apikey/register', { form })
  assert.is(status, 201)
  assert.match(keysOn(text).privateKey, /^ck_prv_/)
  assert.match(words(text), 'The mail could not be sent to me@client.example.')
  assert.is(errors.length, 1)
  assert.is(errors[0]?.code, 'console_failed')
  assert.match(errors[0]?.message ?? '', '(EENVELOPE)')
  assert.is(errors[0]?.cause, undefined)
  assert.not.match(JSON.stringify(errors) + errors[0]?.stack, /client\.example|ck_prv_/)
})

test('a transport that throws, and one that rejects with nothing, fail no registration', async () => {
  for (const sendMail of [() => assert.unreachable(), () => Promise.reject()]) {
    const { origin } = await openSite({ options: { mail: { transport: { sendMail: sendMail as never }, from } } })
    const { status, text } = await ask(origin, '/apikey/register', { form })
    assert.is(status, 201)
    assert.match(words(text), 'The mail could not be sent')
  }
})

test('a stranger’s mailbox gets two mails a day, whoever asks; the page then says that none was sent', async () => {
  await using sink = await openSink()
  const { origin, errors } = await openSite({ options: { mail: { transport: sink.transport, from } } })
  const pages = []
  for (const contact of ['me@client.example', 'ME+1@client.example', 'me+2@client.example']) {
    pages.push(await ask(origin, '/apikey/register', { form: { ...form, contact } }))
  }
  assert.equal(
    pages.map(({ status, text }) => [status, /could not be sent/.test(words(text))]),
    [
      [201, false],
      [201, false],
      [201, true],
    ],
  )
  assert.is(sink.mails.length, 2)
  assert.equal(errors, [])
})

test('the private key is in the mail and the page, and nowhere on the store', async () => {
  const sent: string[] = []
  const transport = createTransport({ jsonTransport: true })
  const sendMail = async (mail: object) => sent.push((await transport.sendMail(mail)).message)
  const { origin, clients } = await openSite({ options: { mail: { transport: { sendMail }, from } } })
  const { publicKey, privateKey } = keysOn((await ask(origin, '/apikey/register', { form })).text)
  assert.match(sent.join(), privateKey)
  assert.not.match(JSON.stringify(await clients.registry.find(publicKey)), privateKey.slice(33))
})

test.run()
