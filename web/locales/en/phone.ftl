# Signing in at a public terminal by one's phone.
way-phone = By your own phone
way-phone-text = For a public terminal: scan a code and confirm on your phone. The browser is emptied at the end
way-phone-tag = Nothing to type
phone-title = Sign in by phone
phone-lead = A code will appear on the screen. Scan it with your phone, sign in there and confirm. Nothing has to be typed here.
phone-begin = Sign in by phone
phone-other-way = Other ways
phone-step-scan = Scan the code with your phone’s camera
phone-step-or = Or open
phone-step-type = on your phone and type:
phone-step-number = On your phone, choose this number
phone-step-confirm = On your phone, press “Confirm”
phone-step-itself = This screen signs in by itself.
phone-until = The code is valid until { $clock }
phone-qr-label = A QR code for your phone to scan
phone-ready = You have confirmed on your phone. You can go on.
phone-go-on = Go on
phone-i-confirmed = I have confirmed
phone-refused = It was refused on the phone, or another number was chosen. You can begin anew.
phone-expired = The time of the code is over. You can begin anew.
phone-too-many = Too many tries. Wait a few minutes and try again.
phone-code-title = Confirm a sign-in at a terminal
phone-code-lead = Type the code that you see on the terminal’s screen.
phone-code-label = Code
phone-code-hint = Eight letters, such as WDJB-MJHT
phone-code-button = Continue
phone-code-wrong = The code has eight letters and no vowels. Check it and type it again.
phone-code-over = There is no such code, it was used, or its time is over. Begin anew at the terminal.
phone-decide-title = Sign in at a public terminal?
phone-device = Who asks
phone-asks-since = Since
phone-since =
    { $n ->
        [0] { $clock }, just now
        [one] { $clock }, { $n } minute ago
       *[other] { $clock }, { $n } minutes ago
    }
phone-which = Which number do you see on the terminal’s screen?
phone-which-missing = Choose the number that the terminal shows.
phone-decide-warning = Confirm only while you stand at the terminal. If somebody has sent you the code, refuse.
phone-refuse = Refuse
phone-confirm = Confirm
phone-confirmed = Confirmed
phone-confirmed-text = The terminal signs in by itself. When you are done, press “Finish” there; you can also sign it out from here.
phone-wrong-number = The terminal shows another number
phone-wrong-number-text = Nobody was signed in. If you stand at the terminal, begin anew there. If somebody has sent you the code, do nothing more.
phone-you-refused = Refused
phone-you-refused-text = The terminal was not signed in, and the code is no longer valid.
terminal-tag = Terminal
terminal-text = signed in at this terminal
terminal-end = Finish
terminal-ask = Are you still there?
terminal-ask-text = If you press nothing, we finish. Seconds left:
terminal-stay = Yes, still here
terminal-ended = Finished
terminal-ended-text = You are no longer signed in at this terminal.
terminal-no-rights = Rights are not given at a public terminal: they would be lost when its browser is emptied. Sign in on your own phone or computer.
terminal-not-here = You can download your data, erase the account or change the ways of signing in on your own phone or computer, not at a public terminal.
