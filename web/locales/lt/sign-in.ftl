# Signing in.
sign-in-title = Prisijungimas
sign-in-lead = Prisijunkite, jei norite kalbėti savo vardu arba vesti priėmimą.
sign-in-now = Prisijungėte kaip { $name }
sign-in-now-text = Pokalbyje galėsite rinktis, ar kalbėti šiuo vardu, ar anonimiškai.
sign-out = Atsijungti
sign-in-later = Asmens tapatybės patvirtinimas dar neveikia
sign-in-later-text = Kol kas pokalbiuose galite dalyvauti anonimiškai arba telefonu.
sign-in-demo = Demonstracinio miesto žmonės
sign-in-demo-text = Pasirinkite, kuo būti. Šie žmonės išgalvoti, slaptažodžio nereikia.
sign-in-without = Be prisijungimo
sign-in-without-text = Anonimiškai kalbėti, žiūrėti priėmimus ir įrašus galite neprisijungę.
role-councillor = tarybos narys (-ė)
role-city-leader = miesto vadovas (-ė)
role-resident = gyventojas (-a)
role-other = savivaldybės darbuotojas (-a)
