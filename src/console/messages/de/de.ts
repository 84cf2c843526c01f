import type { Messages } from '../en/en.js'
import { home, mail, registered, settings, signIn } from './client.js'
import { faq } from './faq.js'
import { format } from './nouns.js'
import { operator } from './operator.js'
import { problems } from './problems.js'
import { stats } from './stats.js'

export const de: Messages = {
  language: 'de',
  format,

  layout: {
    thisServer: 'Dieser Server',
    skip: 'Zum Inhalt springen',
    stats: 'Ihre Statistik',
    faq: 'Fragen',
    operator: 'Betrieb',
    settings: 'Einstellungen',
    signOut: 'Abmelden',
    feedback: 'Etwas wünschen oder einen Fehler melden',
  },

  forms: {
    error: 'Fehler',
    problem: 'Da stimmt etwas nicht',
    privateKeyHint: (keyPrefix) => `Er beginnt mit ${keyPrefix}_prv_`,
    nameMissing: 'Geben Sie Ihrem Client einen Namen.',
    nameOdd: 'Der Name muss eine einzige Zeile mit höchstens 60 Zeichen sein, ohne Steuer- und unsichtbare Zeichen.',
    urlOdd: 'Die Webadresse muss mit http:// oder https:// beginnen und darf höchstens 200 Zeichen haben.',
    contactOdd:
      'Der Kontakt muss eine einzige Zeile mit höchstens 200 Zeichen sein, ohne Steuer- und unsichtbare Zeichen.',
    privateKeyTyped:
      'Das ist ein privater Schlüssel. Er ist geheim und gehört nicht hierher: Alles, was hier steht, liest auch der Betreiber.',
    privateKeyMissing: 'Geben Sie Ihren privaten Schlüssel ein.',
    privateKeyWrong: 'Das ist nicht der private Schlüssel eines Clients auf diesem Server.',
  },

  take: {
    publicKey: 'Öffentlicher Schlüssel',
    privateKey: 'Privater Schlüssel',
    copy: 'Kopieren',
    copied: 'Kopiert',
    copyByHand: 'Strg+C drücken',
    command: 'Befehl',
    send: 'Senden Sie diesen öffentlichen Schlüssel bei jedem Aufruf mit, der eine Sitzung eröffnet:',
  },

  home,
  registered,
  signIn,
  stats,
  faq,
  settings,
  mail,
  operator,
  problems,
}
