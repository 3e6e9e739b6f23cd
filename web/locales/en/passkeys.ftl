# Passkeys: the section of one's account, the page that asks for one, and the bar of who has not shown one yet.
passkey-title = Passkeys
passkey-text = To act in office a verified identity is not enough: having signed in, you also show a passkey – a phone, a computer or a security key, unlocked by finger, face or PIN.
passkey-none = You have no passkey yet. Until you add one, you can do what every resident can.
passkey-created = Added
passkey-used = Last used
passkey-used-never = not yet
passkey-synced = May be copied to other devices of yours
passkey-bound = On one device only
passkey-codes = Recovery codes
passkey-codes-left = { $n ->
    [0] No codes are left.
    [one] { $n } code is left.
   *[other] { $n } codes are left.
}
passkey-spent = A recovery code was used
passkey-spent-text = { $when }. If it was not you, turn to an administrator.
passkey-ask-title = Show a passkey
passkey-ask-lead = Your identity is verified. To act in office, confirm that it is really you.
passkey-ask-none = First add a passkey.
passkey-ask-done = The passkey was shown
passkey-ask-done-text = The rights of your office count.
passkey-as-resident = Continue as a resident
passkey-go-on = Continue
passkey-due = The rights of your office do not count yet.
passkey-due-link = Show a passkey
passkey-no-script = A passkey needs JavaScript
passkey-no-script-text = Please turn it on in this browser.
account-act-passkey-added = you added a passkey
account-act-passkey-removed = you removed a passkey
account-act-passkey-recovered = a recovery code was used
account-act-passkey-codes-made = new recovery codes were made
account-act-passkey-reset = an administrator took the passkeys away
