/** Each: what happened, whether anything was lost, and what to do, a sentence or two each. */
export const problems = {
  toHome: 'To the first page',
  pageBroken: 'This page could not be made. Nothing was lost by it.',
  notFound: {
    title: 'There is no page at this address',
    detail: ['Check the address for a slip, or start from the first page.'],
  },
  otherSite: {
    title: 'This form came from another site',
    detail: [
      'Nothing was changed. Open the form on this server’s own pages and send it from there.',
      'If you did, a proxy in front of this server hides the server’s name. Tell whoever runs it: the proxy must pass the Host header on.',
    ],
  },
  formOnly: {
    title: 'This address only takes a form',
    detail: ['Nothing was changed. The form is on the first page.'],
  },
  readOnly: { title: 'This address can only be read', detail: ['Nothing was changed. Open it with GET.'] },
  unread: {
    'too-large': {
      title: 'The form is too long',
      detail: ['Nothing was saved. A form may have 16 KiB; shorten what you typed and send it again.'],
    },
    aborted: { title: 'The form did not arrive whole', detail: ['Nothing was saved. Go back and send it again.'] },
    encoding: {
      title: 'The form is packed in a way that this server cannot read',
      detail: ['Nothing was saved. Send it again without a Content-Encoding.'],
    },
    multipart: {
      title: 'The form is of a kind that this server does not read',
      detail: ['Nothing was saved. Send it as application/x-www-form-urlencoded.'],
    },
    consumed: {
      title: 'The server could not read the form',
      detail: ['Nothing was saved, and what you typed is not to blame. Tell whoever runs this server.'],
    },
  },
  tooMany: {
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
  },
  changed: {
    title: 'The client was changed at the same time',
    detail: [
      'Somebody else, or another window of yours, was faster, so what you asked for was not done. No private key was given out.',
      'Look at the client as it is now, and do it again if you still want it. If your private key no longer works, the other one who changed it has the new one.',
    ],
  },
  outage: {
    title: 'The server cannot reach its records right now',
    register:
      'Your client may not be registered yet, and no private key was given out. Send the form again in a minute.',
    'sign-in': 'Nothing was lost, and your private key may well be right. Try it again in a minute.',
    settings:
      'What you asked for may or may not have been done. Open your settings in a minute and look. If they do not open with the private key that you have, whoever runs this server can give your client a new one.',
    stats: 'Nothing was lost: counts wait and will appear. Open this page again in a minute.',
    operator:
      'No count was lost. Open this page again in a minute, and if you changed something, look whether it was done.',
  },
}
