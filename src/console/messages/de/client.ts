import type { Messages } from '../en/en.js'
import { bdi, code, link, rich, strong } from '../rich.js'

export const home: Messages['home'] = {
  title: 'API-Schlüssel',
  lead: 'Ein API-Schlüssel sagt diesem Server, welches Programm spielt. Er ist öffentlich, kostet nichts und ist in einer Minute fertig.',
  getTitle: 'Schlüssel bekommen',
  name: 'Name Ihres Clients',
  url: 'Webadresse',
  urlHint: 'Freiwillig. Wo man den Client findet.',
  contact: 'E-Mail oder anderer Kontakt',
  contactHint: 'Freiwillig. Das sieht nur, wer diesen Server betreibt.',
  register: 'Schlüssel erstellen',
  signedIn: 'Sie sind angemeldet.',
  script: (href) =>
    rich`Nur ein Skript und kein Interesse an Statistik? Senden Sie ${code('anonymous')} als Schlüssel. ${link(href, 'Was das bedeutet')}`,
}

export const registered: Messages['registered'] = {
  tab: 'Ihr API-Schlüssel',
  title: 'Ihr Schlüssel ist fertig',
  lead: (name) =>
    rich`${bdi(name)} hat jetzt ein Schlüsselpaar. Speichern Sie beide Schlüssel, bevor Sie diese Seite verlassen.`,
  publicKeyHint: 'Gehört in Ihr Programm. Alle dürfen ihn sehen.',
  privateKeyHint: rich`${strong('Wird nur dieses eine Mal gezeigt:')} Der Server behält keine Kopie, die er lesen könnte. Dieser Schlüssel öffnet Ihre Statistik. Er gehört also Ihnen und nicht ins Programm.`,
  save: 'Beide als Datei speichern',
  file: (name, game, publicKey, privateKey) =>
    `API-Schlüssel von ${name}, für ${game}\n\nÖffentlicher Schlüssel\n${publicKey}\n\nPrivater Schlüssel\n${privateKey}\n`,
  tryTitle: 'Ausprobieren',
  try: 'Senden Sie den öffentlichen Schlüssel bei jedem Aufruf mit, der eine Sitzung eröffnet. Im Terminal, mit Name und Passwort eines Spielers an der richtigen Stelle:',
  lookTitle: 'Und dann nachsehen',
  signedIn: (href) => rich`Sie sind für 12 Stunden angemeldet. ${link(href, 'Ihre Statistik ansehen')}`,
  notSignedIn: (href) => rich`Der private Schlüssel öffnet ${link(href, 'Ihre Statistik')}.`,
}

export const signIn: Messages['signIn'] = {
  tab: 'Anmelden',
  title: 'Statistik ansehen',
  button: 'Statistik anzeigen',
  lead: 'Melden Sie sich mit dem privaten Schlüssel an, den Sie zusammen mit Ihrem öffentlichen Schlüssel bekommen haben.',
  lost: (home, lost) =>
    rich`Noch kein Schlüssel? ${link(home, 'Einen bekommen')}. Privaten Schlüssel verloren? ${link(lost, 'Was zu tun ist')}`,
}

export const settings: Messages['settings'] = {
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

export const mail: Messages['mail'] = {
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
