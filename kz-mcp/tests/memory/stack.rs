//! How deep on the stack a search goes: what it leaves there is wiped.

use std::{fs::File, os::unix::fs::FileExt as _};

use kz_redact::Redactor;

use crate::alone;

/// More than any search takes.
const ROOM: usize = 64 * 1024;

/// What stands where nobody wrote.
const PAINT: u8 = 0xc3;

/// Below what is wiped stands where the function returns to that does it, and little more.
const RETURN: usize = 64;

/// Most of what is wiped at least; on top of it the test itself has written since.
const WIPED: usize = 5 * 1024;

/// Paints the stack below the frame that calls; where that begins.
#[inline(never)]
fn paint() -> usize {
    let mut room = [PAINT; ROOM];
    std::hint::black_box(&mut room).as_ptr() as usize
}

/// How deep on the stack `search` wrote. All of that must be wiped.
fn depth_of(memory: &File, stack: &mut [u8], search: impl Fn()) -> usize {
    let start = paint();
    search();
    memory
        .read_exact_at(stack, start as u64)
        .expect("Linux lets a process read its own stack");
    let untouched = stack.iter().take_while(|byte| **byte == PAINT).count();
    let wiped = stack[untouched..].iter().skip(RETURN);
    let wiped = wiped.take_while(|byte| **byte == 0).count();
    let depth = ROOM - untouched;
    assert!(wiped >= WIPED, "{depth} bytes deep, but {wiped} are wiped");
    depth
}

const LINES: [&str; 6] = [
    "2026-03-15T10:23:51.123Z INFO  request id=9 method=GET path=/v1/items/4 status=200\n",
    "{\"level\":\"warn\",\"message\":\"slow query\",\"rows\":17,\"table\":\"orders\"}\n",
    "  File \"/srv/app/lib/python3.11/site-packages/app/pool.py\", line 9, in acquire\n",
    "error: relation \"customers_4\" does not exist at character 5 (SQLSTATE 42P01)\r\n",
    "The quick brown fox jumps over 3 lazy dogs; nobody was hurt, and 100% recovered.\n",
    "token: made-up-4711 and key=kz0123456789abcdef, 6b7a2d63616e617279 [107, 122, 45]\n",
];

/// A message with this text.
fn message(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    let text = text.replace('\r', "\\r").replace('\n', "\\n");
    format!(
        r#"{{"result":{{"content":[{{"type":"text","text":"{text}"}}]}},"jsonrpc":"2.0","id":7}}"#
    )
}

/// Messages of ordinary text, and of text that is full of all that a filter looks at.
fn messages() -> Vec<String> {
    const UNITS: [&str; 24] = [
        "\\",
        "\\n",
        "\\x6b",
        "\\u006b",
        "%6b",
        "&#x6b;",
        "\"",
        "''",
        "=3D",
        "a",
        "kz",
        "Z",
        "4",
        "17, ",
        "0x6b ",
        "6b:",
        "6b7a2d",
        "a3otY2Fu",
        "...",
        "…",
        "\u{1b}[31m",
        "password=",
        "Bearer ",
        "é",
    ];
    let mut messages: Vec<String> = (1..40)
        .flat_map(|count| LINES.map(|line| message(&line.repeat(count))))
        .collect();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).map_or(0, |random| random % limit)
    };
    for _ in 0..4000 {
        let kinds = 1 + below(UNITS.len());
        let text = (0..below(200))
            .map(|_| UNITS[below(kinds)])
            .collect::<String>();
        messages.push(message(&text));
    }
    messages
}

#[test]
fn what_a_search_leaves_on_the_stack_is_wiped() {
    let _alone = alone();
    let redactor = Redactor::builder().build().unwrap();
    for index in 0..20_u64 {
        let value = format!(
            "kz{:016x}/\"{index:04}",
            (index + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        );
        redactor.add(&format!("NAME_{index}"), value).unwrap();
    }
    let memory = File::open("/proc/self/mem").expect("Linux has it");
    let mut stack = vec![0; ROOM];
    let messages = messages();
    let searches: [&dyn Fn(&str); 2] = [
        &|message| drop(redactor.redact_json_str(message).map(drop)),
        &|message| drop(redactor.redact_str(message)),
    ];
    for search in searches {
        // What is made once goes deeper, and holds nothing of a text.
        messages.iter().for_each(|message| search(message));
        let mut deepest = 0;
        for message in &messages {
            deepest = deepest.max(depth_of(&memory, &mut stack, || search(message)));
        }
        // In which the filter for no processor sees what is not there.
        let clean = message("done");
        let shallow = depth_of(&memory, &mut stack, || search(&clean));
        assert!(
            shallow < deepest,
            "where filters tell, less is wiped: {shallow}, {deepest}"
        );
    }
}
