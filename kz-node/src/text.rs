//! The way of a text from JavaScript.

use std::cell::RefCell;

use napi::{
    Error, JsValue, Status,
    bindgen_prelude::{FunctionCallContext, Unknown},
    sys,
};

/// How much room for a text is kept.
const KEPT: usize = 64 * 1024;

thread_local! {
    /// Room for one text at a time, which is kept for the next: asking for the length first
    /// and taking memory for each takes longer than reading a text. Wiped after each.
    static ROOM: RefCell<Vec<u8>> = RefCell::new(vec![0; KEPT]);
}

/// Reads an argument as UTF-8, as Node would write it: a lone surrogate is U+FFFD. `look` must
/// not call JavaScript.
pub(crate) fn read<T>(
    context: &FunctionCallContext<'_>,
    argument: usize,
    look: impl FnOnce(&[u8]) -> T,
) -> napi::Result<T> {
    let text: Unknown<'_> = context.get(argument)?;
    ROOM.with_borrow_mut(|room| {
        let mut length = write(context, &text, room)?;
        while length + LARGEST_GAP >= room.len() {
            let more = 4 * room.len();
            wipe(room);
            *room = vec![0; more];
            length = write(context, &text, room)?;
        }
        let seen = look(&room[..length]);
        wipe(&mut room[..length]);
        if room.len() > KEPT {
            *room = vec![0; KEPT];
        }
        Ok(seen)
    })
}

/// How many bytes a text that was cut off leaves free at most: those of a character, one of
/// which is taken by the NUL at the end.
const LARGEST_GAP: usize = 4;

/// How many bytes of the text there was room for.
fn write(
    context: &FunctionCallContext<'_>,
    text: &Unknown<'_>,
    room: &mut [u8],
) -> napi::Result<usize> {
    let mut length = 0;
    // SAFETY: the context and its argument live as long as this call, and Node writes no
    // more than `room.len()` bytes.
    let status = unsafe {
        sys::napi_get_value_string_utf8(
            context.env.raw(),
            text.raw(),
            room.as_mut_ptr().cast(),
            room.len(),
            &raw mut length,
        )
    };
    if status == sys::Status::napi_ok {
        Ok(length)
    } else {
        Err(Error::new(Status::StringExpected, "not a string"))
    }
}

fn wipe(room: &mut [u8]) {
    room.fill(0);
    // Or the compiler leaves it out when the room is given back next.
    std::hint::black_box(room);
}
