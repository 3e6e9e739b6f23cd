# Signing in.
sign-in-title = Sign in
sign-in-lead = Sign in to speak by name or to host a reception.
sign-in-now = You are signed in as { $name }
sign-in-now-text = In a conversation you choose whether to speak by this name or anonymously.
sign-out = Sign out
sign-in-later = Identification does not work yet
sign-in-later-text = For now you may take part anonymously or by phone.
sign-in-demo = People of the demonstration city
sign-in-demo-text = Choose who to be. These people are fictional; no password is needed.
sign-in-without = Without signing in
sign-in-without-text = You may speak anonymously and watch receptions and recordings without signing in.
role-councillor = council member
role-city-leader = city leader
role-resident = resident
role-other = municipal officer
