import { bdi, code, link, rich, strong } from '../rich.js'

/** Of the first page, with the form of registration. */
export const home = {
  title: 'API keys',
  lead: 'An API key tells this server which program is playing. It is public, free, and takes a minute.',
  getTitle: 'Get a key',
  name: 'Name of your client',
  url: 'Web address',
  urlHint: 'Optional. Where people find it.',
  contact: 'E-mail or other contact',
  contactHint: 'Optional. Only this server’s operator sees it.',
  register: 'Get my key',
  signedIn: 'You are signed in.',
  script: (href: string) =>
    rich`Only a script, and no interest in stats? Send ${code('anonymous')} as the key. ${link(href, 'What that means')}`,
}

export const registered = {
  tab: 'Your API key',
  title: 'Your key is ready',
  lead: (name: string) => rich`${bdi(name)} now has a key pair. Save both before you leave this page.`,
  publicKeyHint: 'Goes into your program. Everybody may see it.',
  privateKeyHint: rich`${strong('Shown only this once:')} this server keeps no copy that it could read. It opens your stats, so it belongs to you and not into the program.`,
  save: 'Save both as a file',
  file: (name: string, game: string, publicKey: string, privateKey: string) =>
    `API key of ${name}, for ${game}\n\nPublic key\n${publicKey}\n\nPrivate key\n${privateKey}\n`,
  tryTitle: 'Try it',
  try: 'Send the public key with every call that creates a session. From a terminal, with a player’s name and password in place:',
  lookTitle: 'Then look',
  signedIn: (href: string) => rich`You are signed in for 12 hours. ${link(href, 'See your stats')}`,
  notSignedIn: (href: string) => rich`The private key opens ${link(href, 'your stats')}.`,
}

export const signIn = {
  tab: 'Sign in',
  title: 'See your stats',
  button: 'Show my stats',
  lead: 'Sign in with the private key that you got together with your public key.',
  lost: (home: string, lost: string) =>
    rich`No key yet? ${link(home, 'Get one')}. Lost the private key? ${link(lost, 'What to do')}`,
}

export const settings = {
  title: 'Settings',
  of: (name: string, publicKey: string) => rich`${bdi(name)}, public key ${code(publicKey)}`,
  saved: 'Saved.',
  detailsTitle: 'Name and contact',
  save: 'Save',
  rotateTitle: 'New private key',
  rotateText:
    'You get a new private key, and the old one stops working at once: nobody can sign in with it, and a program that reads your stats with it needs the new one. The public key and the numbers stay, so your client plays on as before.',
  rotateSure: 'Yes, the old private key may stop working',
  rotate: 'Get a new private key',
  retireTitle: 'Retire the client',
  retireText:
    'Logins with its public key are refused from now on, everywhere within ten seconds. Its numbers stay, and you can still read them. You can restore it here at any time.',
  retireSure: 'Yes, refuse its logins',
  retire: 'Retire the client',
  restoreTitle: 'Restore the client',
  restoreText: 'Logins with its public key are taken again, everywhere within ten seconds.',
  restore: 'Restore the client',
  retiredByOperator: 'Whoever runs this server retired it, and only they can restore it.',
  removeTitle: 'Delete the registration',
  removeText:
    'Its name, web address and contact are deleted at once, and so is the private key. This server then knows the public key no longer. The numbers stay without a name, and only whoever runs this server can read them. Nobody can undo this.',
  removeSure: 'Yes, delete the registration',
  remove: 'Delete the registration',
  unconfirmed: 'Nothing was changed. Tick the box if you are sure.',
  unknown: 'Nothing was changed: the form did not say what to change. Send it with one of the buttons here.',
  signedOut: 'You were no longer signed in, so nothing was changed. Sign in and do it again.',

  privateKeyTitle: 'Your new private key',
  privateKeyLead: (name: string) =>
    rich`The old private key of ${bdi(name)} no longer works. Save the new one before you leave this page.`,
  back: (href: string) => rich`${link(href, 'Back to the settings')}`,

  removedTitle: 'The registration is deleted',
  removedText: (name: string) =>
    rich`The name, the web address, the contact and the private key of ${bdi(name)} are gone, and you are signed out.`,
}

export const mail = {
  wanted: 'Send both keys to this e-mail address',
  contactOdd: 'To get the keys by e-mail, enter one e-mail address, such as me@example.com.',
  sent: (address: string) => rich`Both keys were sent to ${bdi(address)}. The server keeps no copy of the mail.`,
  failed: (address: string) =>
    rich`${strong('The mail could not be sent')} to ${bdi(address)}. Your key pair is fine: copy it from this page or save it as a file.`,
  subject: (game: string) => `Your API key for ${game}`,
  text: (game: string, publicKey: string, privateKey: string) =>
    `You registered a client at ${game} and asked for its keys.\n\nPublic key\nGoes into your program. Everybody may see it.\n${publicKey}\n\nPrivate key\nOpens your stats. Keep it to yourself.\n${privateKey}\n\nThe server keeps no copy of this mail. If you registered nothing, somebody mistyped an address: delete this mail.\n`,
}
