//! What a worker may not do, and when acting with somebody ends.

use super::*;

on_both!(
    nobody_acts_with_themself_an_office_holder_or_a_wrong_name,
    nobody_else_acts_in_it_nor_after_its_end,
    it_ends_with_the_time_the_session_and_the_account,
    of_a_hundred_beginnings_at_once_one_succeeds,
    whoever_types_codes_one_after_another_is_stopped,
);

async fn nobody_acts_with_themself_an_office_holder_or_a_wrong_name(ground: Ground) {
    let civic = counter(&ground);
    let (ona, _) = resident(&civic, CODE).await;
    let vida = worker(&civic, "vida").await;
    let new = with(Purpose::Facts, NAME, CODE);
    // A resident, a stranger, somebody with another office, a worker who has shown no passkey.
    let (other, cookie) = comes(&civic, Provider::Viisp, &[("code", OTHER)], None)
        .await
        .unwrap();
    let viewer = viewer_of(&civic, &cookie).await.unwrap();
    let asked = assistance::begin(&civic, &viewer, &cookie, &new).await;
    assert_eq!(refused(asked), "not_allowed");
    let asked = assistance::begin(&civic, &Viewer::Anonymous, "", &new).await;
    assert_eq!(refused(asked), "sign_in_required");
    let told = [("sub", "vida")];
    let (_, half) = comes(&civic, Provider::Oidc, &told, None).await.unwrap();
    let viewer = viewer_of(&civic, &half).await.unwrap();
    let asked = assistance::begin(&civic, &viewer, &half, &new).await;
    assert_eq!(refused(asked), "not_allowed", "no passkey was shown");
    // Names and codes.
    for (name, code, expected) in [
        ("Petras Petraitis", CODE, "assistance_other_name"),
        (NAME, "33309240164", "invalid_field"),
        (NAME, "", "invalid_field"),
        (NAME, "3330924006a", "invalid_field"),
        ("Ona", CODE, "invalid_field"),
        ("\u{0} \u{0}", CODE, "invalid_field"),
    ] {
        let asked = vida.begin(&civic, &with(Purpose::Facts, name, code)).await;
        assert_eq!(refused(asked), expected, "{name} {code}");
    }
    // Herself, whose code the city learns.
    let told = [("code", OTHER), ("name", "Vida Langelienė")];
    let linked = comes(&civic, Provider::Viisp, &told, Some(&vida.account)).await;
    assert!(linked.is_err(), "that one is somebody's");
    let told = [("code", "49007043970"), ("name", "Vida Langelienė")];
    comes(&civic, Provider::Viisp, &told, Some(&vida.account))
        .await
        .unwrap();
    let own = with(Purpose::Facts, "Vida Langelienė", "49007043970");
    assert_eq!(refused(vida.begin(&civic, &own).await), "assistance_own");
    // Who is given an office, before and meanwhile.
    let begun = vida.begin(&civic, &new).await.unwrap();
    roles::give(
        &civic,
        By::Operator,
        ona.id,
        Role::Editor,
        Scope::City,
        "Įsakymas",
    )
    .await
    .unwrap();
    let shown = assistance::facts(&civic, &vida.viewer, &vida.cookie, begun.id).await;
    assert_eq!(refused(shown), "assistance_office");
    vida.end(&civic, begun.id).await.unwrap();
    assert_eq!(refused(vida.begin(&civic, &new).await), "assistance_office");
    // A fictional worker, who needs no passkey, meets nobody.
    ground.fill().await;
    let jonas = ground.person("Jonas").await;
    let scope = Scope::Subsystem(Subsystem::Counter);
    roles::give(
        &civic,
        By::Operator,
        jonas.id,
        Role::Clerk,
        scope,
        "Įsakymas",
    )
    .await
    .unwrap();
    let made_up = assistance::begin(&civic, &Viewer::Account(jonas), "", &new).await;
    assert_eq!(refused(made_up), "assistance_made_up");
    assert!(
        accounts::facts(&civic, &other, "")
            .await
            .unwrap()
            .assistances
            .is_empty()
    );
}

async fn nobody_else_acts_in_it_nor_after_its_end(ground: Ground) {
    let civic = counter(&ground);
    resident(&civic, CODE).await;
    let (vida, jolanta) = (
        worker(&civic, "vida").await,
        worker(&civic, "jolanta").await,
    );
    let new = with(Purpose::Residence, NAME, CODE);
    let begun = vida.begin(&civic, &new).await.unwrap();
    assert_eq!(refused(vida.begin(&civic, &new).await), "assistance_open");
    assert_eq!(
        refused(jolanta.begin(&civic, &new).await),
        "assistance_elsewhere"
    );
    // Another worker, and the same one in another session, find none: as with an id that nobody has.
    let forged = AssistanceId::new(civic.now());
    for (worker, id) in [(&jolanta, begun.id), (&vida, forged)] {
        assert_eq!(refused(worker.declare(&civic, id).await), "assistance_none");
        assert_eq!(refused(worker.end(&civic, id).await), "assistance_none");
    }
    let told = [("sub", "vida")];
    let (_, elsewhere) = comes(&civic, Provider::Oidc, &told, None).await.unwrap();
    let shown = assistance::declare_residence(&civic, &vida.viewer, &elsewhere, begun.id, None);
    assert_eq!(refused(shown.await), "assistance_none");
    vida.end(&civic, begun.id).await.unwrap();
    assert_eq!(
        refused(vida.declare(&civic, begun.id).await),
        "assistance_none"
    );
    assert_eq!(refused(vida.end(&civic, begun.id).await), "assistance_none");
    // Who has lost the role acts no more, and can still end.
    let begun = vida.begin(&civic, &new).await.unwrap();
    let grant = roles::of(&civic, vida.account.id).await.unwrap()[0].id;
    roles::take(&civic, By::Operator, grant, "Išėjo")
        .await
        .unwrap();
    assert_eq!(refused(vida.declare(&civic, begun.id).await), "not_allowed");
    vida.end(&civic, begun.id).await.unwrap();
}

async fn it_ends_with_the_time_the_session_and_the_account(ground: Ground) {
    let civic = counter(&ground);
    let (ona, cookie) = resident(&civic, CODE).await;
    let vida = worker(&civic, "vida").await;
    let new = with(Purpose::Residence, NAME, CODE);
    let how = async || {
        let facts = accounts::facts(&civic, &ona, &cookie).await.unwrap();
        facts.assistances[0].ended_how
    };
    // Time.
    let begun = vida.begin(&civic, &new).await.unwrap();
    ground.clock.advance_s(rules::LASTS_S);
    assert_eq!(
        refused(vida.declare(&civic, begun.id).await),
        "assistance_none"
    );
    let open = assistance::current(&civic, &vida.viewer, &vida.cookie).await;
    assert_eq!(open.unwrap(), None);
    assert_eq!(how().await, None, "nobody has looked yet");
    assistance::sweep(&civic).await.unwrap();
    assert_eq!(how().await, Some(How::TimeOver));
    // What is over does not stand in the way, swept or not.
    vida.begin(&civic, &new).await.unwrap();
    ground.clock.advance_s(rules::LASTS_S);
    let begun = vida.begin(&civic, &new).await.unwrap();
    // The worker signs out.
    sign_out(&civic, &vida.cookie).await.unwrap();
    assert_eq!(how().await, Some(How::SignedOut));
    assert_eq!(
        refused(vida.declare(&civic, begun.id).await),
        "assistance_none"
    );
    // The worker's session is ended from elsewhere.
    let jolanta = worker(&civic, "jolanta").await;
    ground.clock.advance_s(60);
    let begun = jolanta.begin(&civic, &new).await.unwrap();
    accounts::end_sessions(&civic, &jolanta.account, None, "")
        .await
        .unwrap();
    assert_eq!(
        refused(jolanta.declare(&civic, begun.id).await),
        "assistance_none"
    );
    assistance::sweep(&civic).await.unwrap();
    assert_eq!(how().await, Some(How::SignedOut));
    // The resident erases the account: the log says that it ended, and nothing else is left.
    let rima = worker(&civic, "rima").await;
    let begun = rima.begin(&civic, &new).await.unwrap();
    accounts::erase(&civic, &ona, &cookie).await.unwrap();
    assert_eq!(
        refused(rima.declare(&civic, begun.id).await),
        "assistance_none"
    );
    assert!(rima.today(&civic).await.is_empty());
    let records = log::after(&civic.db, 0, log::PAGE).await.unwrap();
    let last = records.iter().rfind(|r| r.kind == "assistance.ended");
    assert_eq!(last.unwrap().payload["how"], "erased");
    let count = |kind: &str| records.iter().filter(|r| r.kind == kind).count();
    assert_eq!(count("assistance.begun"), count("assistance.ended"));
}

async fn of_a_hundred_beginnings_at_once_one_succeeds(ground: Ground) {
    let civic = counter(&ground);
    let (ona, cookie) = resident(&civic, CODE).await;
    let mut workers = Vec::new();
    for n in 0..5 {
        workers.push(worker(&civic, &format!("worker {n}")).await);
    }
    let mut tries = tokio::task::JoinSet::new();
    for n in 0..100 {
        let (civic, worker) = (civic.clone(), &workers[n % workers.len()]);
        let (viewer, cookie) = (worker.viewer.clone(), worker.cookie.clone());
        let new = with(Purpose::Facts, NAME, CODE);
        tries.spawn(async move { assistance::begin(&civic, &viewer, &cookie, &new).await });
    }
    let mut begun = 0;
    while let Some(tried) = tries.join_next().await {
        match tried.unwrap() {
            Ok(_) => begun += 1,
            Err(Error::Assistance(Refusal::Open | Refusal::Elsewhere)) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(begun, 1);
    let facts = accounts::facts(&civic, &ona, &cookie).await.unwrap();
    assert_eq!(facts.assistances.len(), 1);
}

async fn whoever_types_codes_one_after_another_is_stopped(ground: Ground) {
    let civic = counter(&ground);
    resident(&civic, CODE).await;
    let vida = worker(&civic, "vida").await;
    let guess = with(Purpose::Facts, "Petras Petraitis", CODE);
    for _ in 0..20 {
        assert_eq!(
            refused(vida.begin(&civic, &guess).await),
            "assistance_other_name"
        );
    }
    let right = with(Purpose::Facts, NAME, CODE);
    assert_eq!(
        refused(vida.begin(&civic, &right).await),
        "too_many_requests"
    );
    ground.clock.advance_s(60);
    assert!(vida.begin(&civic, &right).await.is_ok());
}
