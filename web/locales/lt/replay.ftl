# Įrašo grotuvas.
