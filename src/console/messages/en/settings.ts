import { bdi, code, link, rich, strong } from '../rich.js'

/** The texts of a client's settings; see the head of en.ts. */
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

export const tooMany = {
  register: {
    title: 'Too many clients were registered',
    detail: [
      'From your part of the network, or from everywhere together, more clients were registered than this server takes in a short time.',
      'Nothing was lost, and yours was not registered. Your browser can go back to what you typed.',
    ],
  },
  'sign-in': {
    title: 'Too many wrong private keys',
    detail: [
      'From your part of the network came too many private keys that are not right, so this server looks at none for a while.',
      'Nothing was lost, and the game is not affected.',
    ],
  },
  again: (minutes: number) => `Try it again in ${minutes === 1 ? 'a minute' : `${minutes} minutes`}.`,
}
