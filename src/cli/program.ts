import { readFileSync } from 'node:fs'
import { Command, InvalidArgumentError, Option } from 'commander'
import { adopt, list, register, restore, retire, rotate, show } from './clients.js'
import { copy } from './copy/copy.js'
import { doctor } from './doctor/doctor.js'
import { exportUsage } from './export.js'
import { gateway } from './gateway.js'
import { hidden, hideSecretsOf } from './output.js'
import { purge } from './purge/purge.js'
import { addressForms } from './store-address.js'

/** `out` is given what was asked for (help, version), `err` what is wrong. */
export function createProgram({ out, err }: { out(text: string): void; err(text: string): void }): Command {
  const program = new Command('clientele')
    .description('API keys of a game server: who has one, and what they are used for.')
    .version(version())
    .exitOverride()
    .configureOutput({ writeOut: out, writeErr: (text) => err(hidden(text)) })
    .showSuggestionAfterError()
    .addHelpText(
      'after',
      `
A store address is ${addressForms}.
Everything works while servers run on the store, except copy and purge --yes.
Exit code: 0 done, 1 failed or a fault found, 2 wrong usage.`,
    )

  withStore(program, 'list', 'list all clients, with the sums of the past 30 days').action(list)
  withCrowd(withStore(program, 'show', 'show one client: the past 30 days and all time'))
    .argument('<public-key>', 'also one that was never registered, such as iOS or anonymous')
    .action(show)
  withDetails(withStore(program, 'register', 'issue a key pair for a new client')).action(register)
  withDetails(
    withStore(program, 'adopt', 'give a public key that is already in use to its developer; its numbers stay'),
  )
    .argument('<public-key>')
    .action(adopt)
  withKeyPrefix(withStore(program, 'rotate', 'issue a new private key; the old one is dead at once'))
    .argument('<public-key>')
    .action(rotate)
  withStore(program, 'retire', 'refuse a client from now on; its numbers stay').argument('<public-key>').action(retire)
  withStore(program, 'restore', 'take a retired client again, whoever retired it')
    .argument('<public-key>')
    .action(restore)
  withCrowd(withStore(program, 'export', 'write the numbers of every client, by default of the past 30 days, as CSV'))
    .option('--from <day>', 'first UTC day, YYYY-MM-DD')
    .option('--to <day>', 'last UTC day')
    .addOption(
      new Option('--days <n>', 'the past n days, today included').argParser(wholeNumber).conflicts(['from', 'to']),
    )
    .addOption(new Option('--all', 'everything').conflicts(['from', 'to', 'days']))
    .addOption(new Option('--csv', 'CSV, which is the default').conflicts('json'))
    .addHelpText(
      'after',
      `
The past 30 days and --all withhold what the clients' own pages withhold, if these have the same smallest crowd. From other
ranges that could be found by subtraction, so they need --smallest-crowd 1: nothing is withheld, and the numbers are for you.`,
    )
    .action(exportUsage)
  withStore(program, 'doctor', 'check whether a store holds counts, or whether a protocol fits recorded traffic', false)
    .option('--repair', 'put back into the directory what a lost write left out of it')
    .option(
      '--protocol <file>',
      'instead of a store, or with one: a config file of the gateway, or a module that exports a protocol',
    )
    .option('--traffic <file>', 'requests and answers to try it on, as a browser saves them (.har)')
    .action(doctor)
  withStore(program, 'purge', 'say which names strangers planted in a store, and take them out; stop the servers first')
    .option('--feature <name>', 'this feature and nothing else: its calls count under (unknown)')
    .option(
      '--client <public-key>',
      'this public key and nothing else: it counts under (other). Nobody may have registered it',
    )
    .option('--yes', 'do it')
    .action(purge)
  program
    .command('copy')
    .description('move everything to another store, and prove that both read the same; stop the servers first')
    .addOption(address('--from <url>', 'the store to read'))
    .addOption(address('--to <url>', 'the store to write'))
    .option('--from-prefix <prefix>', "the `prefix` of the adapter of --from, if it isn't the default")
    .option('--to-prefix <prefix>', 'the same of --to')
    .option('--overwrite', 'delete from the other store what this one does not have')
    .option('--json', 'the outcome as JSON')
    .action(copy)
  program
    .command('gateway')
    .description('the middleware and the console in front of a game server of any kind')
    .requiredOption('--upstream <url>', 'the game server: http://127.0.0.1:5000')
    .requiredOption('--config <file>', 'store, protocol and the other options of clientele(), as JSON or a module')
    .addOption(new Option('--port <n>', 'where to listen').argParser(port).default(8080))
    .option('--host <address>', 'which of the addresses of this machine to listen on', '127.0.0.1')
    .option('--no-keep-alive', 'for a game server that closes connections without a word: a new one for each request')
    .addOption(
      new Option('--max-connections <n>', 'of clients, at once; WebSockets are among them')
        .argParser(wholeNumber)
        .default(4_000),
    )
    .option('--trust-proxy', 'behind another proxy: believe and go on with the X-Forwarded-* that it sets')
    .action(gateway)
  return program
}

function withStore(program: Command, name: string, description: string, isNeeded = true): Command {
  return program
    .command(name)
    .description(description)
    .addOption(
      address('--store <url>', 'the address of the store').env('CLIENTELE_STORE').makeOptionMandatory(isNeeded),
    )
    .option('--prefix <prefix>', "the `prefix` of the server's adapter, if it isn't the default")
    .option('--json', 'for machines')
}

function address(flags: string, description: string): Option {
  return new Option(flags, description).makeOptionMandatory().argParser((value: string) => {
    hideSecretsOf(value)
    return value
  })
}

function withDetails(command: Command): Command {
  return withKeyPrefix(command)
    .requiredOption('--name <name>', 'what the client is called')
    .option('--url <address>', 'its web page')
    .option('--contact <text>', 'how its developer is reached')
    .option('--official', "it is the game's own client")
}

function withKeyPrefix(command: Command): Command {
  return command.option('--key-prefix <prefix>', "the server's `keyPrefix`, if there is no other client to see it from")
}

function withCrowd(command: Command): Command {
  return command.addOption(
    new Option('--smallest-crowd <n>', 'numbers that fewer players share are withheld')
      .argParser(wholeNumber)
      .default(5),
  )
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1.')
  return Number(text)
}

function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError('It must be from 0 to 65535.')
  return Number(text)
}

// Two folders up in the source, three in the package.
function version(): string {
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      const manifest = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { version: string }
      return manifest.version
    } catch {
      // It is the other one.
    }
  }
  return 'unknown'
}
