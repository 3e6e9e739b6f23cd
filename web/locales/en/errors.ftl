# Error pages.
error-404 = There is no such page
error-404-text = The link may be old, or the address has a mistake in it.
error-403 = This is not for you
error-403-text = Only the person it is meant for can do this. See whether you are signed in under the right name.
error-401 = Please sign in first
error-401-text = For this we need to know who you are.
error-409 = Something has changed
error-409-text = While you looked at the page the reception changed. Open it again.
error-422 = We could not read what you sent
error-422-text = Go back and try again.
error-500 = Something failed
error-500-text = The fault is ours; you did nothing wrong. Please try again in a few minutes.
error-home = To the front page
error-phone = If you need help, call free of charge
