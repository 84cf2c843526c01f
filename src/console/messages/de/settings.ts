import type * as english from '../en/settings.js'
import { bdi, code, link, rich, strong } from '../rich.js'

export const settings: typeof english.settings = {
  title: 'Einstellungen',
  of: (name, publicKey) => rich`${bdi(name)}, öffentlicher Schlüssel ${code(publicKey)}`,
  saved: 'Gespeichert.',
  detailsTitle: 'Name und Kontakt',
  save: 'Speichern',
  rotateTitle: 'Neuer privater Schlüssel',
  rotateText:
    'Sie bekommen einen neuen privaten Schlüssel, und der alte gilt sofort nicht mehr: Niemand kann sich noch damit anmelden, und ein Programm, das damit Ihre Statistik liest, braucht den neuen. Der öffentliche Schlüssel und die Zahlen bleiben, Ihr Client läuft also weiter wie bisher.',
  rotateSure: 'Ja, der alte private Schlüssel darf ungültig werden',
  rotate: 'Neuen privaten Schlüssel holen',
  retireTitle: 'Client stilllegen',
  retireText:
    'Logins mit seinem öffentlichen Schlüssel werden ab jetzt abgelehnt, überall innerhalb von zehn Sekunden. Seine Zahlen bleiben, und Sie können sie weiter lesen. Hier können Sie ihn jederzeit wieder freigeben.',
  retireSure: 'Ja, seine Logins ablehnen',
  retire: 'Client stilllegen',
  restoreTitle: 'Client wieder freigeben',
  restoreText:
    'Logins mit seinem öffentlichen Schlüssel werden wieder angenommen, überall innerhalb von zehn Sekunden.',
  restore: 'Client wieder freigeben',
  retiredByOperator: 'Der Betreiber dieses Servers hat ihn stillgelegt, und nur er kann ihn wieder freigeben.',
  removeTitle: 'Registrierung löschen',
  removeText:
    'Name, Webadresse und Kontakt werden sofort gelöscht, der private Schlüssel ebenso. Den öffentlichen Schlüssel kennt dieser Server dann nicht mehr. Die Zahlen bleiben ohne Namen, und nur der Betreiber dieses Servers kann sie lesen. Niemand kann das rückgängig machen.',
  removeSure: 'Ja, die Registrierung löschen',
  remove: 'Registrierung löschen',
  unconfirmed: 'Nichts wurde geändert. Setzen Sie das Häkchen, wenn Sie sicher sind.',
  unknown:
    'Nichts wurde geändert: Das Formular sagte nicht, was zu ändern ist. Senden Sie es mit einer der Schaltflächen hier.',
  signedOut:
    'Sie waren nicht mehr angemeldet, darum wurde nichts geändert. Melden Sie sich an und versuchen Sie es noch einmal.',

  privateKeyTitle: 'Ihr neuer privater Schlüssel',
  privateKeyLead: (name) =>
    rich`Der alte private Schlüssel von ${bdi(name)} gilt nicht mehr. Speichern Sie den neuen, bevor Sie diese Seite verlassen.`,
  back: (href) => rich`${link(href, 'Zurück zu den Einstellungen')}`,

  removedTitle: 'Die Registrierung ist gelöscht',
  removedText: (name) =>
    rich`Name, Webadresse, Kontakt und privater Schlüssel von ${bdi(name)} sind gelöscht, und Sie sind abgemeldet.`,
}

export const mail: typeof english.mail = {
  wanted: 'Beide Schlüssel an diese E-Mail-Adresse senden',
  contactOdd:
    'Um die Schlüssel per E-Mail zu bekommen, geben Sie eine einzige E-Mail-Adresse ein, etwa me@example.com.',
  sent: (address) =>
    rich`Beide Schlüssel wurden an ${bdi(address)} gesendet. Der Server behält keine Kopie der Nachricht.`,
  failed: (address) =>
    rich`${strong('Die E-Mail ließ sich nicht senden')} an ${bdi(address)}. Ihr Schlüsselpaar ist in Ordnung: Kopieren Sie es von dieser Seite oder speichern Sie es als Datei.`,
  subject: (game) => `Ihr API-Schlüssel für ${game}`,
  text: (game, publicKey, privateKey) =>
    `Sie haben bei ${game} einen Client registriert und wollten seine Schlüssel haben.\n\nÖffentlicher Schlüssel\nGehört in Ihr Programm. Alle dürfen ihn sehen.\n${publicKey}\n\nPrivater Schlüssel\nÖffnet Ihre Statistik. Behalten Sie ihn für sich.\n${privateKey}\n\nDer Server behält keine Kopie dieser Nachricht. Haben Sie nichts registriert, dann hat sich jemand bei der Adresse vertippt: Löschen Sie diese Nachricht.\n`,
}

export const tooMany: typeof english.tooMany = {
  register: {
    title: 'Zu viele Clients wurden registriert',
    detail: [
      'Aus Ihrem Teil des Netzes oder von überall zusammen kamen mehr Registrierungen, als dieser Server in kurzer Zeit annimmt.',
      'Verloren ging nichts, und Ihr Client wurde nicht registriert. Ihr Browser kann zu Ihren Eingaben zurückgehen.',
    ],
  },
  'sign-in': {
    title: 'Zu viele falsche private Schlüssel',
    detail: [
      'Aus Ihrem Teil des Netzes kamen zu viele private Schlüssel, die nicht stimmen. Darum sieht sich dieser Server eine Weile keinen mehr an.',
      'Verloren ging nichts, und das Spiel ist nicht betroffen.',
    ],
  },
  again: (minutes) => `Versuchen Sie es ${minutes === 1 ? 'in einer Minute' : `in ${minutes} Minuten`} noch einmal.`,
}
