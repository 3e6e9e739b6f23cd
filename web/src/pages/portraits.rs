//! Pictures of people. Someone of the demonstration city gets a drawn face, chosen by their name; someone real has no
//! face until they give one, and is shown by their initials; an anonymous voice is a silhouette on paving.

use std::fmt::Write;

use super::icons::Markup;

/// Parts of a drawn face.
struct Face {
    wall: &'static str,
    skin: &'static str,
    hair: &'static str,
    coat: &'static str,
    /// Hair behind the head.
    back: &'static str,
    /// Hair before the forehead.
    front: &'static str,
    glasses: bool,
}

const BOB: &str = "M-29 -6C-32 -48 32 -48 29 -6L30 34H-30z";
const SHORT_BACK: &str = "M-28 -8C-31 -46 31 -46 28 -8L27 14H-27z";
const PARTED: &str = "M-26 2C-28 -46 28 -46 26 2C22 -10 18 -20 6 -25C-4 -18 -20 -14 -26 2z";
const FRINGE: &str = "M-26 0C-29 -45 29 -45 26 0C24 -12 22 -17 16 -21H-16C-22 -17 -24 -12 -26 0z";
const CROP: &str = "M-25 -8C-30 -44 30 -46 25 -8C22 -20 14 -24 4 -23C-10 -22 -21 -20 -25 -8z";

const WOMEN: [Face; 4] = [
    Face {
        wall: "#D3CCC0",
        skin: "#F4D6C0",
        hair: "#8D8D8A",
        coat: "#7A3B3F",
        back: SHORT_BACK,
        front: FRINGE,
        glasses: true,
    },
    Face {
        wall: "#C4CFD6",
        skin: "#E3B18F",
        hair: "#3B2A20",
        coat: "#14645C",
        back: BOB,
        front: FRINGE,
        glasses: false,
    },
    Face {
        wall: "#D3CCC0",
        skin: "#F4D6C0",
        hair: "#A9773F",
        coat: "#7A3B3F",
        back: SHORT_BACK,
        front: PARTED,
        glasses: false,
    },
    Face {
        wall: "#C9D2C4",
        skin: "#F1CBAE",
        hair: "#6B4A2F",
        coat: "#23485A",
        back: BOB,
        front: PARTED,
        glasses: false,
    },
];
const MEN: [Face; 4] = [
    Face {
        wall: "#C7D0CE",
        skin: "#E3B18F",
        hair: "#3B2A20",
        coat: "#1F2E36",
        back: "",
        front: CROP,
        glasses: false,
    },
    Face {
        wall: "#D3CCC0",
        skin: "#F1CBAE",
        hair: "#8D8D8A",
        coat: "#34465E",
        back: "",
        front: CROP,
        glasses: true,
    },
    Face {
        wall: "#C9D2C4",
        skin: "#F4D6C0",
        hair: "#6B4A2F",
        coat: "#2F4A3C",
        back: "",
        front: CROP,
        glasses: false,
    },
    Face {
        wall: "#C4CFD6",
        skin: "#F4D6C0",
        hair: "#A9773F",
        coat: "#4A3550",
        back: "",
        front: CROP,
        glasses: false,
    },
];

/// A small square portrait.
pub fn avatar(name: &str, fictional: bool) -> Markup {
    if fictional {
        drawn(face_of(name), "-60 -62 120 120", false)
    } else {
        initials(name, "0 0 120 120", 44)
    }
}

/// A wide picture, as a camera would show them.
pub fn stage(name: &str, fictional: bool) -> Markup {
    if fictional {
        drawn(face_of(name), "-120 -62 240 135", true)
    } else {
        initials(name, "0 0 240 135", 48)
    }
}

/// A resident who takes part by name, in drawings of a call.
pub fn resident() -> Markup {
    drawn(&WOMEN[2], "-95 -62 190 130", false)
}

/// The face of a name: always the same one. First names of Lithuanian women end in a or ė.
fn face_of(name: &str) -> &'static Face {
    let first = name.split_whitespace().next().unwrap_or_default();
    let faces = if first.ends_with(['a', 'ė']) {
        &WOMEN
    } else {
        &MEN
    };
    // FNV-1a: spreads names that are alike.
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3)
    });
    &faces[usize::from((hash >> 8) as u8 % 4)]
}

fn drawn(face: &Face, view_box: &str, room: bool) -> Markup {
    let Face {
        wall,
        skin,
        hair,
        coat,
        back,
        front,
        glasses,
    } = face;
    let mut svg = open(view_box, "xMidYMin");
    let wall = if room { "#C7D0CE" } else { wall };
    push(
        &mut svg,
        format_args!(r#"<path d="M-400 -300h800v600h-800z" fill="{wall}"/>"#),
    );
    if room {
        svg.push_str(concat!(
            r##"<path d="M-400 -300h150v600h-150z" fill="#9FB0B0"/>"##,
            r##"<path d="M-250 -300h4v600h-4zM-90 -300h3v600h-3zM110 -300h3v600h-3z" fill="#B2BFBD"/>"##,
            r##"<rect x="70" y="-66" width="70" height="84" rx="2" fill="#A7B6B5"/>"##,
            r##"<path d="M82 -54h46M82 -40h46M82 -26h30" stroke="#C7D0CE" stroke-width="4"/>"##,
        ));
    }
    if !back.is_empty() {
        push(
            &mut svg,
            format_args!(r#"<path d="{back}" fill="{hair}"/>"#),
        );
    }
    push(
        &mut svg,
        format_args!(r#"<path d="M-72 120C-70 62 -40 52 0 52S70 62 72 120z" fill="{coat}"/>"#),
    );
    push(
        &mut svg,
        format_args!(r#"<path d="M-13 20V50C-13 66 13 66 13 50V20z" fill="{skin}"/>"#),
    );
    svg.push_str(
        r##"<path d="M-13 30C-6 40 6 40 13 30V40C6 46 -6 46 -13 40z" fill="#000" opacity=".12"/>"##,
    );
    push(
        &mut svg,
        format_args!(
            r#"<ellipse rx="25" ry="31" fill="{skin}"/><path d="{front}" fill="{hair}"/>"#
        ),
    );
    svg.push_str(r##"<circle cx="-9.5" cy="1" r="2.5" fill="#20262A"/><circle cx="9.5" cy="1" r="2.5" fill="#20262A"/>"##);
    push(
        &mut svg,
        format_args!(
            r#"<path d="M-14 -6.5q4.5 -2.8 9 -.8M14 -6.5q-4.5 -2.8 -9 -.8" fill="none" stroke="{hair}" stroke-width="2" stroke-linecap="round"/>"#
        ),
    );
    svg.push_str(concat!(
        r##"<path d="M-6 15C-2 18 3 18 7 15" fill="none" stroke="#7A3F33" stroke-width="2.4" stroke-linecap="round"/>"##,
        r##"<path d="M.5 2L-2.5 9H1.5" fill="none" stroke="#000" opacity=".28" stroke-width="1.4"/>"##,
    ));
    if *glasses {
        svg.push_str(concat!(
            r##"<g fill="none" stroke="#20262A" stroke-width="2"><rect x="-18" y="-5" width="14" height="10" rx="3"/>"##,
            r##"<rect x="4" y="-5" width="14" height="10" rx="3"/><path d="M-4 -1h8"/></g>"##,
        ));
    }
    close(svg)
}

/// The first letters of the first and the last name, on paving.
fn initials(name: &str, view_box: &str, size: u32) -> Markup {
    let words: Vec<&str> = name.split_whitespace().collect();
    let ends = [words.first(), words.last().filter(|_| words.len() > 1)];
    let letters: String = ends
        .iter()
        .flatten()
        .filter_map(|w| w.chars().find(|c| c.is_alphabetic()))
        .collect();
    let mut svg = open(view_box, "xMidYMid");
    svg.push_str(r#"<path class="initials-ground" d="M-400 -300h1200v900h-1200z"/>"#);
    let mut box_ = view_box
        .split(' ')
        .skip(2)
        .filter_map(|n| n.parse::<u32>().ok());
    let (w, h) = (box_.next().unwrap_or(120), box_.next().unwrap_or(120));
    push(
        &mut svg,
        format_args!(
            r#"<text class="initials" x="{}" y="{}" font-size="{size}">"#,
            w / 2,
            h / 2 + size * 9 / 25
        ),
    );
    // Letters only: nothing in them is ever markup.
    svg.push_str(&letters);
    svg.push_str("</text>");
    close(svg)
}

/// An anonymous voice: nobody in particular, standing on paving.
pub fn silhouette() -> Markup {
    let mut svg = open("-95 -62 190 130", "xMidYMin");
    svg.push_str(r##"<path d="M-400 -300h800v600h-800z" fill="#16292F"/><g fill="#1F363E">"##);
    for row in 0..9 {
        for column in 0..17 {
            let x = f64::from(column).mul_add(22.0, -185.5) + if row % 2 == 1 { 11.0 } else { 0.0 };
            let y = f64::from(row).mul_add(22.0, -101.5);
            push(
                &mut svg,
                format_args!(r#"<rect x="{x}" y="{y}" width="19" height="19" rx="3"/>"#),
            );
        }
    }
    svg.push_str(r##"</g><path d="M-74 125C-72 62 -40 52 -12 48V28H12V48C40 52 72 62 74 125z" fill="#6F8B93"/>"##);
    svg.push_str(r##"<ellipse rx="27" ry="33" fill="#6F8B93"/>"##);
    close(svg)
}

fn open(view_box: &str, align: &str) -> String {
    format!(
        r#"<svg viewBox="{view_box}" preserveAspectRatio="{align} slice" aria-hidden="true" focusable="false">"#
    )
}

fn close(mut svg: String) -> Markup {
    svg.push_str("</svg>");
    Markup(svg)
}

fn push(svg: &mut String, part: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = svg.write_fmt(part);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_always_has_the_same_face_and_markup_in_a_name_draws_nothing() {
        assert_eq!(
            avatar("Rasa Vaitkienė", true),
            avatar("Rasa Vaitkienė", true)
        );
        assert!(!avatar("<b> &x", false).0.contains("<b>"));
        assert!(avatar("Ąžuolas Žemaitis", false).0.contains(">ĄŽ<"));
    }
}
